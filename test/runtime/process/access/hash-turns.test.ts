import { expect, test } from 'vitest'
import { HashTurns } from '../../../../runtime/process/src/access/hash-turns.ts'

/** Work that ends when it is told to, in the order in which it began. */
function hashing(turns = new HashTurns()) {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const take = (client: string): Promise<string | undefined> =>
    turns.take(client, async () => {
      begun.push(client)
      await new Promise<void>((resolve) => ends.push(resolve))
      return client
    })
  const endOne = async (): Promise<void> => {
    ends.shift()?.()
    await settled()
  }
  return { begun, take, endOne }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('as many run at a time as it is told', async () => {
  const { begun, take, endOne } = hashing(new HashTurns(3))
  const all = ['a', 'b', 'c', 'd'].map((client) => take(client))
  await settled()
  expect(begun).toEqual(['a', 'b', 'c'])
  for (let left = 4; left > 0; left--) await endOne()
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
})

test('two run at a time, others in the order of arrival', async () => {
  const { begun, take, endOne } = hashing()
  const all = ['a', 'b', 'c', 'd'].map((client) => take(client))
  await settled()
  expect(begun).toEqual(['a', 'b'])
  await endOne()
  expect(begun).toEqual(['a', 'b', 'c'])
  for (let left = 3; left > 0; left--) await endOne()
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd'])
})

test('who guesses over many connections loses places to nobody else, and is passed by others', async () => {
  const { begun, take, endOne } = hashing()
  const guesses = Array.from({ length: 100 }, () => take('attacker'))
  const other = take('user')
  await endOne()
  expect(begun).toEqual(['attacker', 'attacker', 'user'])
  for (let left = 100; left > 0; left--) await endOne()
  expect(await other).toBe('user')
  const answers = await Promise.all(guesses)
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(100 - 33) // two ran; of 32 places the user took one
})

test('work that fails gives its turn on', async () => {
  const turns = new HashTurns()
  const failing = Array.from({ length: 5 }, () => turns.take('a', () => Promise.reject(new Error('no memory'))))
  expect(await Promise.allSettled(failing)).toEqual(Array.from({ length: 5 }, () => expect.objectContaining({ status: 'rejected' })))
  expect(await turns.take('a', async () => 1)).toBe(1)
})
