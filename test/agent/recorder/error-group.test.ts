import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerGroupOf, ErrorGroups, errorGroupOf, normalMessage } from '../../../agent/src/recorder/error-group.ts'
import { growthExponent } from '../../support/growth.ts'

function failing(message: string, code?: string): Error {
  return Object.assign(new TypeError(message), code === undefined ? {} : { code })
}
const fromElsewhere = (message: string): Error => new TypeError(message)

test('numbers and ids of a message do not make another error', () => {
  expect(normalMessage('order 4711 of user 0af76519-16cd-43dd-8448-eb211c80319c not found')).toBe('order ? of user ? not found')
  expect(normalMessage('connect ECONNREFUSED 127.0.0.1:5432')).toBe('connect ECONNREFUSED ?')
  expect(normalMessage('cache key sess_9f8e7d6c5b4a missing')).toBe('cache key ? missing')
  expect(errorGroupOf(failing('order 1')).fingerprint).toBe(errorGroupOf(failing('order 22')).fingerprint)
})

test('type, text and function do', () => {
  const fingerprints = [
    failing('no order'),
    failing('no user'),
    failing('no order', 'E_NONE'),
    fromElsewhere('no order'),
    new RangeError('no order'),
  ].map((error) => errorGroupOf(error).fingerprint)
  expect(new Set(fingerprints).size).toBe(fingerprints.length)
  expect(fingerprints[0]).toMatch(/^[0-9a-f]{16}$/)
})

test('the innermost frame of the application names the place', () => {
  const { type, message, frame } = errorGroupOf(failing('order 1 is gone', 'E_GONE'))
  expect([type, message]).toEqual(['E_GONE', 'order ? is gone'])
  expect(frame).toMatchObject({ file: 'test/agent/recorder/error-group.test.ts', function: 'failing' })
})

test('a failure that nobody threw is grouped by what was answered', () => {
  const group = answerGroupOf('503', 'GET /orders/:id was answered 503')
  expect(group).toMatchObject({ type: '503', message: 'GET /orders/:id was answered 503', frame: undefined })
  expect(group.fingerprint).not.toBe(answerGroupOf('503', 'GET /users was answered 503').fingerprint)
})

test('a message keeps its first line, without secrets', () => {
  expect(normalMessage('it broke\nparameters: secret things')).toBe('it broke')
  expect(normalMessage('refused: password=hunter-zqz')).not.toContain('zqz')
})

test('values that a message quotes are no part of it, names of the program are', () => {
  expect(normalMessage('user alice@example.com not found')).toBe('user ? not found')
  expect(normalMessage('no customer "Jane Doe", said the shop')).toBe('no customer "?", said the shop')
  expect(normalMessage("Cannot read properties of undefined (reading 'name')")).toBe("Cannot read properties of undefined (reading 'name')")
  expect(normalMessage('column "order_total" does not exist')).toBe('column "order_total" does not exist')
  expect(normalMessage("can't open what isn't there")).toBe("can't open what isn't there")
})

test('what could not be parsed as JSON is the same error, whatever it was', () => {
  const messageOf = (text: string): string => {
    try {
      return String(JSON.parse(text))
    } catch (error) {
      return normalMessage((error as Error).message)
    }
  }
  const [word, object, lines] = ['zqzsecret', '{"name": zqz}', '"zqz\\n" zqz\n"zqz'].map(messageOf)
  expect([word, object]).toEqual([`Unexpected token '?', "?" is not valid JSON`, `Unexpected token '?', "?" is not valid JSON`])
  expect(lines).not.toContain('zqz')
})

test('a value at the end of what is kept is recognised by what is behind it', () => {
  expect(normalMessage(`${'x '.repeat(88)}Duplicate entry 'zqz zqz zqz zqz zqz zqz' for key 'users.name'`)).not.toContain('zqz')
})

test('the messages of one place are bounded, and those that were told apart stay so', () => {
  let ms = 0
  const groups = new ErrorGroups(() => (ms += 1000))
  const names = Array.from({ length: 100 }, (_, i) => String.fromCodePoint(97 + (i % 26), 97 + Math.floor(i / 26)))
  const fingerprints = names.map((name) => groups.of(failing(`no such user ${name}`)).fingerprint)
  expect(new Set(fingerprints).size).toBe(33)
  expect(groups.of(failing('no such user aa'))).toMatchObject({ fingerprint: fingerprints[0], message: 'no such user aa' })
  expect(groups.of(failing('no such user zzz'))).toMatchObject({ fingerprint: fingerprints[99], message: 'other messages' })
  expect(groups.of(fromElsewhere('no such user zzz')).message).toBe('no such user zzz')
})

test('when everything fails, stacks are no longer read: what has type and message of an error that was seen is taken to be it', () => {
  const clock = { ms: 0 }
  const groups = new ErrorGroups(() => clock.ms)
  let reads = 0
  const counted = (message: string): Error =>
    Object.defineProperty(failing(message), 'stack', { get: () => (reads++, 'TypeError: x\n    at load (/app/orders.js:1:1)') })
  const fingerprints = Array.from({ length: 500 }, (_, i) => groups.of(counted(`the database ${i} is away`)).fingerprint)
  const readsInSecond = reads
  expect([new Set(fingerprints).size, readsInSecond <= 200, readsInSecond >= 100]).toEqual([1, true, true])
  expect(groups.of(counted('something else')).message).toBe('something else')
  clock.ms += 1000
  groups.of(counted('the database 1 is away'))
  expect(reads).toBeGreaterThan(readsInSecond + 1)
})

test('whatever is thrown has a group of bounded size', () => {
  fc.assert(
    fc.property(fc.anything(), (thrown) => {
      const { fingerprint, message } = errorGroupOf(thrown)
      expect(fingerprint).toMatch(/^[0-9a-f]{16}$/)
      expect(message.length).toBeLessThanOrEqual(400)
    }),
  )
})

test.each(['" is not valid JSON', `"'`, 'a.', 'a-', 'a', '1.', '_-'])('many %j in a message cost in proportion to their number', (part) => {
  const exponent = growthExponent(625, (length) => {
    const text = part.repeat(length / part.length)
    return () => normalMessage(text)
  })
  expect(exponent).toBeLessThan(1.5)
})
