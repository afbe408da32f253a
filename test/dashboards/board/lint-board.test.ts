import * as fc from 'fast-check'
import { type Board, boardNames, lintBoard, renderBoard } from '@spyglass/dashboards'
import { expect, test } from 'vitest'

const board = renderBoard('trace', { database: 'spyglass' })
const [panel] = board.panels
type Position = NonNullable<typeof panel>['gridPos']

const changed = (panelChanges: object): Board => ({ ...board, panels: [{ ...panel!, ...panelChanges }] })

test.each(boardNames)('the board %s has no mistake', (name) => {
  expect(lintBoard(renderBoard(name, { database: 'spyglass' }))).toEqual([])
})

test.each([
  [{ title: ' ' }, 'no title'],
  [{ description: '' }, 'no description'],
  [{ type: 'piechart9' }, 'unknown panel type piechart9'],
  [{ datasource: { type: 'grafana-clickhouse-datasource', uid: 'fixed' } }, 'its data source is fixed'],
  [{ fieldConfig: { defaults: { unit: 'parsecs' }, overrides: [] } }, 'unknown unit parsecs'],
  [{ fieldConfig: { defaults: {}, overrides: [] }, type: 'table' }, 'no unit'],
  [{ gridPos: { x: 20, y: 0, w: 8, h: 4 } }, 'it does not fit into the grid'],
  [{ gridPos: { x: 21, y: 0, w: 4, h: 1 } }, 'it does not fit into the grid'],
  [{ gridPos: { x: 0, y: 0, w: 0, h: 1 } }, 'it does not fit into the grid'],
  [{ gridPos: { x: 0, y: 0, w: 1, h: 0 } }, 'it does not fit into the grid'],
  [{ targets: [] }, 'no query'],
  [{ targets: [{ ...panel!.targets[0]!, refId: '' }] }, 'a query has no refId'],
  [{ targets: [{ ...panel!.targets[0]!, datasource: { ...panel!.targets[0]!.datasource, uid: 'fixed' } }] }, 'is fixed or of another type'],
  [{ targets: [{ ...panel!.targets[0]!, datasource: { ...panel!.targets[0]!.datasource, type: 'loki' } }] }, 'is fixed or of another type'],
  [{ targets: [{ ...panel!.targets[0]!, rawSql: '  ' }] }, 'a query is empty'],
  [{ targets: [{ ...panel!.targets[0]!, format: 1 }] }, 'format 1 cannot be shown by traces'],
  [{ targets: [{ ...panel!.targets[0]!, rawSql: 'SELECT ${other:singlequote}' }] }, 'the variable "other", which the board does not have'],
])('a panel with %j is refused', (changes, mistake) => {
  expect(lintBoard(changed(changes)).join('\n')).toContain(mistake)
})

test.each([
  { gridPos: { x: 23, y: 0, w: 1, h: 1 } },
  { type: 'stat', targets: [{ ...panel!.targets[0]!, format: 0, rawSql: 'SELECT 1 ORDER BY time' }] },
  { type: 'stat', targets: [{ ...panel!.targets[0]!, format: 1 }] },
])('a panel with %j is accepted', (changes) => {
  const fieldConfig = { defaults: { unit: 'ms' }, overrides: [] }
  expect(
    lintBoard({ ...changed({ fieldConfig, ...changes }), templating: renderBoard('trace', { database: 'spyglass' }).templating }),
  ).toEqual([])
})

const [variable, ...variables] = board.templating.list
test.each([
  [{ title: ' ' }, 'the board has no title'],
  [{ description: ' ' }, 'the board has no description'],
  [{ templating: { list: board.templating.list.filter(({ name }) => name !== 'datasource') } }, 'there is no variable "datasource"'],
  [{ templating: { list: [{ ...variable!, label: '' }, ...variables] } }, 'has no label or no description'],
  [{ templating: { list: [{ ...variable!, description: '' }, ...variables] } }, 'has no label or no description'],
])('a board with %j is refused', (changes, mistake) => {
  expect(lintBoard({ ...board, ...changes }).join('\n')).toContain(mistake)
})

test('a board without a uid that Grafana takes is refused', () => {
  expect(lintBoard({ ...board, uid: 'Not Good' })[0]).toContain('uid Not Good')
})

test('panels that lie over one another are refused', () => {
  expect(lintBoard({ ...board, panels: [panel!, { ...panel!, id: 2 }] }).join()).toContain('overlap')
})

test('panels overlap when they share a cell of the grid, and not when they only touch', () => {
  const side = fc.integer({ min: 1, max: 4 })
  const position = fc.record({ x: fc.nat(6), y: fc.nat(6), w: side, h: side })
  const cells = ({ x, y, w, h }: Position): string[] => Array.from({ length: w * h }, (_, i) => `${x + (i % w)}/${y + Math.floor(i / w)}`)
  const overlaps = (a: Position, b: Position): boolean =>
    lintBoard({ ...board, panels: [a, b].map((gridPos, id) => ({ ...panel!, id, gridPos })) })
      .join()
      .includes('overlap')
  const first = { x: 2, y: 2, w: 2, h: 2 }
  expect(overlaps(first, { ...first, y: 4 })).toBe(false)
  expect(overlaps({ ...first, y: 4 }, first)).toBe(false)
  expect(overlaps(first, { ...first, y: 3 })).toBe(true)
  expect(overlaps(first, { ...first, x: 4 })).toBe(false)
  expect(overlaps({ ...first, x: 4 }, first)).toBe(false)
  fc.assert(
    fc.property(position, position, (a, b) => {
      expect(overlaps(a, b)).toBe(cells(a).some((cell) => cells(b).includes(cell)))
    }),
  )
})

test('a time series that is not ordered by its time is refused', () => {
  const targets = [{ ...panel!.targets[0]!, format: 0, rawSql: 'SELECT 1' }]
  expect(lintBoard(changed({ type: 'timeseries', targets })).join()).toContain('must be ordered by its time')
})
