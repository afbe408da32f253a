import fc from 'fast-check'
import { Duplex, PassThrough } from 'node:stream'
import { MessageStream } from '@spyglass/process/channel'
import { expect, test } from 'vitest'
import { until } from '../../../support/until.ts'

/** A stream that gives these chunks. */
function receive(chunks: readonly Buffer[]): { got: unknown[]; ended: () => boolean; done: Promise<void> } {
  const got: unknown[] = []
  let isEnded = false
  const source = new PassThrough()
  const done = new Promise<void>((resolve) => {
    void new MessageStream(source, {
      onMessage: (message) => got.push(message),
      onEnd() {
        isEnded = true
        resolve()
      },
    })
  })
  for (const chunk of chunks) source.write(chunk)
  source.end()
  return { got, ended: () => isEnded, done }
}

test('messages arrive whole and in order, wherever the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }),
      fc.array(fc.nat(40), { maxLength: 12 }),
      async (values, cuts) => {
        const messages = values.map((value) => ({ value }))
        const bytes = Buffer.from(messages.map((message) => `${JSON.stringify(message)}\n`).join(''))
        const chunks: Buffer[] = []
        let at = 0
        for (const cut of cuts) chunks.push(bytes.subarray(at, (at += cut)))
        chunks.push(bytes.subarray(at))
        const { got, done } = receive(chunks.filter(({ length }) => length > 0))
        await done
        expect(got).toEqual(JSON.parse(JSON.stringify(messages)))
      },
    ),
    { numRuns: 100 },
  )
})

test('a line that is no JSON, and a last one without an end, cost nothing but themselves', async () => {
  const { got, done } = receive([Buffer.from('nonsense\n{"a":1}\n{"b":')])
  await done
  expect(got).toEqual([{ a: 1 }])
})

test('a peer that does not read is cut off instead of filling the memory', async () => {
  const stuck = new Duplex({ read() {}, write() {} }) // never calls back
  let isEnded = false
  const stream = new MessageStream(stuck, { onMessage: () => {}, onEnd: () => (isEnded = true) })
  const big = 'x'.repeat(1_048_576)
  for (let sent = 0; sent < 40; sent++) stream.send(big)
  await until(() => isEnded)
  expect(stream.isOpen).toBe(false)
  await new Promise<void>((resolve) => stream.send('late', () => resolve())) // settles though nobody is there
})
