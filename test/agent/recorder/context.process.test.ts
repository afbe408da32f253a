import { expect, test } from 'vitest'
import { agentSource, messageOf, startApplication } from '../../support/agent-process.ts'

test('idle keep-alive connections hold no record of a request that has ended', async () => {
  const application = startApplication('retention.mjs', { env: { TRACE_RECORD: agentSource('recorder/trace-record.ts') } })
  const { open, retained } = await messageOf<{ open: number; retained: number }>(application)
  expect(open).toBe(20)
  expect(retained).toBeLessThanOrEqual(1)
  expect((await application.exited).code).toBe(0)
})
