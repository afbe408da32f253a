import { boardNames, renderBoard } from '@spyglass/dashboards'
import { expect, test } from 'vitest'

const boards = boardNames.map((name) => renderBoard(name, { database: 'spyglass' }))
const text = JSON.stringify(boards)

test('boards have the classic model, fixed ids of their own and are the same each time', () => {
  expect(boards.map(({ uid, schemaVersion }) => [uid, schemaVersion])).toEqual([
    ['spyglass-service-red', 42],
    ['spyglass-slow-requests', 42],
    ['spyglass-trace', 42],
    ['spyglass-datasource-pools', 42],
  ])
  expect(JSON.stringify(boardNames.map((name) => renderBoard(name, { database: 'spyglass' })))).toBe(text)
})

test('every link between boards leads to a board that there is', () => {
  const uids = new Set(boards.map(({ uid }) => uid))
  const links = [...text.matchAll(/\/d\/([a-z-]+)/g)].map(([, uid]) => uid)
  expect(links.length).toBeGreaterThan(0)
  expect(links.filter((uid) => !uids.has(uid!))).toEqual([])
})

test('the rows of slow requests link to the trace and show its line of code', () => {
  const panel = boards[1]!.panels.find(({ title }) => title === 'Slowest requests')!
  expect(panel.targets[0]!.rawSql).toContain('AS location')
  const link = panel.fieldConfig.overrides.find(({ matcher }) => matcher.options === 'traceId')
  expect(JSON.stringify(link)).toContain('/d/spyglass-trace?var-datasource=${datasource}&var-traceId=${__value.raw}&${__url_time_range}')
})

test('the trace board asks for a trace by its id in the format of the Traces panel', () => {
  expect(boards[2]!.panels[0]).toMatchObject({ type: 'traces', targets: [{ format: 3 }] })
})

test('events are drawn on every board', () => {
  for (const { annotations } of boards) expect(annotations.list).toHaveLength(1)
})

test('queries read the database that is asked for', () => {
  expect(JSON.stringify(renderBoard('trace', { database: 'tenant_7' }))).toContain('tenant_7.otel_traces')
  expect(text).not.toContain('tenant_7')
})

test('no template left HTML escapes or an unfilled place behind', () => {
  expect(text).not.toMatch(/&(quot|amp|lt|gt|#x)|\{\{|undefined/)
})
