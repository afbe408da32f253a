import pino from 'pino'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { renewCertificates } from '../../../../runtime/process/src/listener/renew-certificates.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('files are looked at every quarter of a minute; one that cannot be used is reported once, until it can', () => {
  const lines: string[] = []
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
  )
  const results: (boolean | Error)[] = [false, true, new Error('broken'), new Error('broken'), true, new Error('broken')]
  const stop = renewCertificates(
    {
      reloadCertificates() {
        const result = results.shift() ?? false
        if (result instanceof Error) throw result
        return result
      },
    },
    logger,
  )
  vi.advanceTimersByTime(15_000 * 6)
  const [renewed, broken] = ['certificates were read again', 'a certificate cannot be used; the one in service stays']
  expect(lines).toEqual([renewed, broken, renewed, broken])
  stop()
  results.push(true)
  vi.advanceTimersByTime(60_000)
  expect(results).toHaveLength(1)
})
