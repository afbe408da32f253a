import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { withLastWords } from '../../../../collector/src/store/http/last-words.ts'

const reason = new Error('time is over')
const bytes = (text: string): Uint8Array => Buffer.from(text)

/** Gives what it is told, and asks for more without end. */
async function* endless(...first: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of first) yield bytes(text)
  await new Promise(() => {})
}

test('all chunks come, and nothing ends the connection', async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield bytes('a')
    await delay(1)
    yield bytes('b')
  }
  const { chunks, over } = withLastWords(source(), new AbortController().signal)
  const got: string[] = []
  for await (const chunk of chunks) got.push(Buffer.from(chunk).toString())
  expect([got, over.aborted]).toEqual([['a', 'b'], false])
})

test('a source that gives nothing more ends with the reason, and a moment later the connection ends', async () => {
  const abandoned = new AbortController()
  const { chunks, over } = withLastWords(endless('a'), abandoned.signal, 1)
  expect((await chunks.next()).done).toBe(false)
  const next = chunks.next()
  abandoned.abort(reason)
  await expect(next).rejects.toBe(reason)
  const ended = Promise.withResolvers<void>()
  over.addEventListener('abort', () => ended.resolve())
  if (!over.aborted) await ended.promise
})

test('for a client that does not read, the connection ends at once', async () => {
  const abandoned = new AbortController()
  const { chunks, over } = withLastWords(endless('a', 'b'), abandoned.signal)
  await chunks.next()
  abandoned.abort(reason)
  expect(over.aborted).toBe(true)
})

test('an error of the source comes through, and its end is left to it', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield bytes('a')
    throw new Error('midway')
  }
  const { chunks } = withLastWords(failing(), new AbortController().signal)
  await chunks.next()
  await expect(chunks.next()).rejects.toThrow('midway')
})
