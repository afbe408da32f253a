import { type Board, boardNames, lintBoard, renderBoard } from '@spyglass/dashboards'
import { expect, test } from 'vitest'

const board = renderBoard('trace', { database: 'spyglass' })
const [panel] = board.panels

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
  [{ targets: [] }, 'no query'],
  [{ targets: [{ ...panel!.targets[0]!, rawSql: '  ' }] }, 'a query is empty'],
  [{ targets: [{ ...panel!.targets[0]!, format: 1 }] }, 'format 1 cannot be shown by traces'],
  [{ targets: [{ ...panel!.targets[0]!, rawSql: 'SELECT ${other:singlequote}' }] }, 'the variable "other", which the board does not have'],
])('a panel with %j is refused', (changes, mistake) => {
  expect(lintBoard(changed(changes)).join('\n')).toContain(mistake)
})

test('a board without a uid that Grafana takes is refused', () => {
  expect(lintBoard({ ...board, uid: 'Not Good' })[0]).toContain('uid Not Good')
})

test('panels that lie over one another are refused', () => {
  expect(lintBoard({ ...board, panels: [panel!, { ...panel!, id: 2 }] }).join()).toContain('overlap')
})

test('a time series that is not ordered by its time is refused', () => {
  const targets = [{ ...panel!.targets[0]!, format: 0, rawSql: 'SELECT 1' }]
  expect(lintBoard(changed({ type: 'timeseries', targets })).join()).toContain('must be ordered by its time')
})
