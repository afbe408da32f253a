import { expect, test } from 'vitest'
import { sentenceOf } from '../../../../agent/src/recorder/verdict/sentence.ts'

test('says what most of the time went to, with its line and how often it ran', () => {
  expect(
    sentenceOf([
      { cause: 'statement', statement: 'SELECT  name\n FROM item', location: 'src/orders.ts:41', share: 0.83, count: 214 },
      { cause: 'event_loop', share: 0.12 },
      { cause: 'unknown', share: 0.05 },
    ]),
  ).toBe('Statement SELECT name FROM item ran 214 times at src/orders.ts:41, 83 % of the time; event loop busy, 12 %; unknown, 5 %.')
})

test('names who waited and who held the connection; what is small is left out', () => {
  expect(
    sentenceOf([
      { cause: 'pool_wait', peer: 'shop', location: 'src/a.ts:9', heldBy: 'src/b.ts:20', share: 0.7, count: 1 },
      { cause: 'call', peer: 'GET http://pay:80', share: 0.27, count: 3 },
      { cause: 'garbage_collection', share: 0.03 },
    ]),
  ).toBe('Waiting for a connection of shop at src/a.ts:9, held by src/b.ts:20, 70 % of the time; call to GET http://pay:80 3 times, 27 %.')
})
