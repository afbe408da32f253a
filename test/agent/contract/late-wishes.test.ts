import { formatLateWishes, MAX_WISHES_SENT, parseLateWishes } from '@spyglass/agent/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const traceId = fc.stringMatching(/^[\da-f]{32}$/)
const cursor = fc.oneof(fc.constant('0'), fc.stringMatching(/^[\da-f]{1,16}\.\d{1,15}$/))

test('what is said is read as it was', () => {
  const message = fc.record({ cursor, traceIds: fc.array(traceId, { maxLength: MAX_WISHES_SENT }) })
  fc.assert(
    fc.property(message, (said) => {
      expect(parseLateWishes(formatLateWishes(said), MAX_WISHES_SENT)).toEqual(said)
    }),
  )
})

test('garbage is no message, and throws nothing', () => {
  fc.assert(
    fc.property(fc.anything(), fc.string(), (anything, text) => {
      for (const header of [anything, text, `0 ${text}`]) {
        const message = parseLateWishes(header, 3)
        expect((message?.traceIds ?? []).every((id) => /^[\da-f]{32}$/.test(id))).toBe(true)
        expect(message?.traceIds.length ?? 0).toBeLessThanOrEqual(3)
      }
    }),
  )
})
