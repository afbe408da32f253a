/**
 * Renders `templates/boards/<name>.json.hbs` to Grafana's classic dashboard JSON. Templates state what a board shows; helpers do what
 * templates do badly: quoting (`json`), commas between panels, their ids and places (`panels`). The result is always parsed again.
 */
import type { GrafanaQueryName } from '../sql/names.ts'
import { grafanaSql } from '../sql/render-sql.ts'
import { fail } from '../errors.ts'
import { createTemplates, type Templates } from '../template/templates.ts'
import type { Board } from './board.ts'
import { type PanelSize, placePanels } from './layout.ts'

/** The boards by the name of their template and of the file that is written. */
export const boardNames = ['service-red', 'slow-requests', 'trace', 'datasource-pools'] as const
export type BoardName = (typeof boardNames)[number]

export interface BoardOptions {
  /** Database of the tables. */
  readonly database: string
}

/** Version of the classic dashboard model; Grafana raises older ones when it loads them. */
const SCHEMA_VERSION = 42

/** Ends a panel's text; no JSON text holds it. */
const NEXT_PANEL = '\u001E'

/** @throws SPY_TEMPLATE_INVALID when the template does not render to JSON. */
export function renderBoard(name: BoardName, { database }: BoardOptions): Board {
  const templates = createTemplates(['partials', 'panels'])
  templates.helper('sql', (query) => grafanaSql(query as GrafanaQueryName, { database }))
  templates.helper('next', () => NEXT_PANEL)
  addBlocks(templates, name)
  return parseJson(name, templates.render(`boards/${name}.json.hbs`, {})) as Board
}

function addBlocks(templates: Templates, name: string): void {
  templates.block('panels', (content) => {
    const texts = content.split(NEXT_PANEL).filter((text) => text.trim() !== '')
    return JSON.stringify(placePanels(texts.map((text) => parseJson(name, text) as PanelSize)))
  })
  templates.block('board', (content, { uid, title, description }) => {
    const { variables, annotations, links, panels } = parseJson(name, content) as Record<string, unknown>
    return JSON.stringify({
      ...shell,
      uid,
      title,
      description,
      annotations,
      links,
      panels,
      templating: { list: variables },
    })
  })
}

/** What all boards share. */
const shell = {
  schemaVersion: SCHEMA_VERSION,
  tags: ['spyglass'],
  editable: false,
  graphTooltip: 1,
  timezone: 'browser',
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  fiscalYearStartMonth: 0,
  version: 1,
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw fail('SPY_TEMPLATE_INVALID', [name, String(error)], error)
  }
}
