import { expect, test } from 'vitest'
import { chineseHeadings, headingsOf } from '../../../../collector/src/console/incident/file-words.ts'

test('a heading is in the language of the pages, with its names', () => {
  const values = { rule: 'PoolExhausted', server: 'west' }
  expect(headingsOf()('{rule} of {server}', values)).toBe('PoolExhausted of west')
  expect(headingsOf('zh')('{rule} of {server}', values)).toBe('west：PoolExhausted')
  for (const text of Object.values(chineseHeadings)) expect(text).toMatch(/\p{Script=Han}|：/u)
})
