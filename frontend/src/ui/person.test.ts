import { expect, test } from 'vitest'
import { actorName, initials, personColour } from './person'

test('a ninth person shares a colour, nobody has none, SQL is no person', () => {
  expect([1, 8, 9, 16].map(personColour)).toEqual(['p1', 'p8', 'p1', 'p8'])
  expect(personColour(null)).toBe('p0')
})

test('initials are the first letters of the first and the last word', () => {
  expect(['Noor Bek', 'Cher', ' Ana María de la Vega ', 'élodie', '👩‍🚀 Ada', ''].map(initials)).toEqual([
    'NB',
    'C',
    'AV',
    'É',
    '👩‍🚀A',
    '?',
  ])
})

test('SQL is a name', () => {
  expect(actorName(null, 'sql:reporting')).toBe('SQL (reporting)')
  expect(actorName({ name: 'Iris Kay' }, 'rest')).toBe('Iris')
  expect(actorName(null, 'system')).toBe('The system')
})
