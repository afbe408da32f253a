import { expect, test } from 'vitest'
import { Turns } from '../../../runtime/src/deployment/turns.ts'

test('what has one name is done in turn, also after a failure; another name does not wait', async () => {
  const turns = new Turns()
  const seen: string[] = []
  let goOn = (): void => {}
  const first = turns.take('shop', async () => {
    await new Promise<void>((resolve) => (goOn = resolve))
    seen.push('first')
    throw new TypeError('broken')
  })
  const second = turns.take('shop', async () => seen.push('second'))
  await turns.take('other', async () => seen.push('other'))
  expect(seen).toEqual(['other'])
  goOn()
  await expect(first).rejects.toThrow('broken')
  await second
  expect(seen).toEqual(['other', 'first', 'second'])
})
