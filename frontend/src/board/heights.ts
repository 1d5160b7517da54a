/** How tall the items of a virtual list are: the browser tells once it has laid them out. To ask sooner is to lay out twice. */

import type { Virtualizer } from '@tanstack/react-virtual'
import { useCallback } from 'react'
import { flushSync } from 'react-dom'

type List = Virtualizer<HTMLDivElement, Element>

const lists = new WeakMap<Element, List>()
let telling = false

const observer =
  typeof ResizeObserver === 'undefined'
    ? undefined
    : new ResizeObserver((entries) => {
        telling = true
        try {
          // Before the paint: nobody sees tickets lie on each other where a guess was wrong.
          flushSync(() => {
            for (const { target, borderBoxSize } of entries)
              lists
                .get(target)
                ?.resizeItem(
                  Number((target as HTMLElement).dataset.index),
                  Math.round(borderBoxSize[0]!.blockSize),
                )
          })
        } finally {
          telling = false
        }
      })

/** A ref for every item of the list; the item says in `data-index` which it is. */
export function useHeights(list: List): (item: HTMLElement | null) => (() => void) | undefined {
  return useCallback(
    (item) => {
      if (!item || !observer) return undefined
      lists.set(item, list)
      // What is drawn because others turned out smaller waits for the next frame: browsers end such a circle with an error.
      if (telling) requestAnimationFrame(() => lists.has(item) && observer.observe(item))
      else observer.observe(item)
      return () => {
        lists.delete(item)
        observer.unobserve(item)
      }
    },
    [list],
  )
}
