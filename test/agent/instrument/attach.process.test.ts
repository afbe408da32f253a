import { expect, test } from 'vitest'
import { recorded } from '../../support/instrumented.ts'

const PROGRAM = `import pg from 'pg'
async function main(): Promise<void> {
  await inRequest(() => void new pg.Client({ port: 1 }).query('SELECT 42', () => {}))
}
declare const inRequest: (handler: () => unknown) => Promise<string>
`
const statements = ({ traces }: Awaited<ReturnType<typeof recorded>>) => traces.flatMap(({ children }) => children).length

test('a library in a bundle is named in one line on standard error', async () => {
  const found = await recorded(PROGRAM, { form: 'bundle-plain' })
  expect(found.stderr).toMatch(/^SPY_AGENT_BUNDLED: pg is bundled into file:\/\/\S+\/bundle\.cjs, .*\n$/)
  expect(found.traces).toHaveLength(1)
})

test('an instrumentation that is switched off records nothing and says nothing, and an unknown name is told', async () => {
  const off = await recorded(PROGRAM, { form: 'esm', env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg,nothing' } })
  expect(statements(off)).toBe(0)
  expect(off.stderr).toBe(
    'SPY_AGENT_SETTINGS: OTEL_NODE_DISABLED_INSTRUMENTATIONS names "nothing", which does not exist: using the defaults\n',
  )
  const bundled = await recorded(PROGRAM, { form: 'bundle-plain', env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pg' } })
  expect(bundled.stderr).toBe('')
})
