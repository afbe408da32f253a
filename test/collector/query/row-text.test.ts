import { buffer } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowText } from '../../../collector/src/query/row-text.ts'

const failure = (): Error => new Error('midway')

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of sizes) yield bytes.subarray(at, (at += size))
  yield bytes.subarray(at)
}

test('wherever the chunks are cut, the text between brackets is the list of the rows', async () => {
  const rows = fc.array(fc.dictionary(fc.string(), fc.string({ unit: 'binary' })))
  await fc.assert(
    fc.asyncProperty(rows, fc.array(fc.nat(50)), async (given, sizes) => {
      const bytes = Buffer.from(given.map((row) => `${JSON.stringify(row)}\n`).join(''))
      const text = await buffer(rowText(chunksOf(bytes, sizes), failure))
      expect(JSON.parse(`[${text.toString()}]`)).toEqual(JSON.parse(JSON.stringify(given)))
    }),
  )
})

test('an error that the store reports in mid-stream is thrown', async () => {
  const bytes = Buffer.from('{"a":1}\n\r\n__exception__\r\nabc\r\nCode: 241\n')
  await expect(buffer(rowText(chunksOf(bytes, [8]), failure))).rejects.toThrow('midway')
})
