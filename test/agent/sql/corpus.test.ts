import { expect, test } from 'vitest'
import { digestOf } from '../../../agent/src/sql/digest.ts'
import { normaliseSql } from '../../../agent/src/sql/normalise.ts'
import { PLANTED_DIGITS, PLANTED_WORD, plantedStatement, randomFrom } from './statement-corpus.ts'

const random = randomFrom(20_261_126)
const corpus = Array.from({ length: 10_000 }, () => plantedStatement(random))

test('no literal of 10,000 statements in all dialects comes out', () => {
  const leaks = corpus.flatMap(({ system, sql }) => {
    const text = normaliseSql(sql, system)
    return text.includes(PLANTED_WORD) || text.includes(PLANTED_DIGITS) ? [{ system, sql, text }] : []
  })
  expect(leaks.slice(0, 5)).toEqual([])
})

test('most of them keep what they ask for', () => {
  const cut = corpus.filter(({ system, sql }) => system !== '' && normaliseSql(sql, system).includes('…'))
  expect(cut.length / corpus.length).toBeLessThan(0.15)
})

test('normalising twice changes nothing more', () => {
  const changed = corpus.flatMap(({ system, sql }) => {
    const once = normaliseSql(sql, system)
    const twice = normaliseSql(once, system)
    return once === twice ? [] : [{ system, sql, once, twice }]
  })
  expect(changed.slice(0, 5)).toEqual([])
})

test('the digest does not depend on white space or the case of words', () => {
  for (const { system, sql } of corpus.slice(0, 2000)) {
    const text = normaliseSql(sql, system)
    if (/["`[{]/.test(text)) continue
    const respaced = text.replaceAll(' ', '\n  ').replaceAll(/[a-z]+/g, (word) => word.toUpperCase())
    expect(digestOf(normaliseSql(respaced, system)), text).toBe(digestOf(text))
  }
})
