import { useState } from 'react'
import { Refused } from '../api/request'

/** A form on its way: one attempt at a time, what was wrong with which field, and a sentence for the rest. */
export function useSending() {
  const [busy, setBusy] = useState(false)
  const [errors, setErrors] = useState<Record<string, string>>({})
  const [sentence, setSentence] = useState('')

  async function send<T>(act: () => Promise<T>): Promise<T | undefined> {
    if (busy) return undefined
    setBusy(true)
    setErrors({})
    setSentence('')
    try {
      return await act()
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      const { errors: fields = [], detail, title } = error.refusal
      setErrors(Object.fromEntries(fields.map(({ field, detail: why }) => [field, why])))
      setSentence(detail || title)
      return undefined
    } finally {
      setBusy(false)
    }
  }

  return { busy, errors, sentence, send, clear: () => setSentence('') }
}
