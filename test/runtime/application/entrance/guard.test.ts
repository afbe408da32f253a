import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { type Guard, passAll, type Passing, whenPassed } from '../../../../runtime/src/application/entrance/guard.ts'

const passing: Passing = {
  request: {} as IncomingMessage,
  url: '/',
  wholeUrl: '/',
  contextPath: '',
  tell: () => {},
  refuse: () => {},
}

/** A guard that notes that it was asked. */
const guard =
  (asked: string[]) =>
  (name: string, does: boolean | Promise<boolean>): Guard => ({
    pass: () => {
      asked.push(name)
      return does
    },
  })

test('guards are asked in their order, and none after one that refuses', () => {
  const asked: string[] = []
  const of = guard(asked)
  expect(passAll([of('a', true), of('b', false), of('c', true)], passing)).toBe(false)
  expect(asked).toEqual(['a', 'b'])
  expect(passAll([], passing)).toBe(true)
})

test('one that has to find out first is waited for, and the rest are asked after it', async () => {
  const asked: string[] = []
  const of = guard(asked)
  const passes = passAll([of('a', Promise.resolve(true)), of('b', true), of('c', Promise.resolve(true)), of('d', true)], passing)
  expect(asked).toEqual(['a'])
  expect([await passes, asked]).toEqual([true, ['a', 'b', 'c', 'd']])
  expect(await passAll([of('e', Promise.resolve(false)), of('f', true)], passing)).toBe(false)
  expect(asked.at(-1)).toBe('e')
})

test('what may pass goes on at once where that is known', async () => {
  const went: string[] = []
  whenPassed(true, () => went.push('now'))
  whenPassed(false, () => went.push('never'))
  whenPassed(Promise.resolve(false), () => went.push('never'))
  const later = Promise.resolve(true)
  whenPassed(later, () => went.push('later'))
  expect(went).toEqual(['now'])
  await later
  expect(went).toEqual(['now', 'later'])
})
