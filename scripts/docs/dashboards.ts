/** docs/reference/dashboards.md, from the rendered boards and rules. */
import { DATABASE } from '@spyglass/agent/contract'
import { alertRules, boardNames, renderBoard } from '@spyglass/dashboards'
import { code, document, section, table } from './markdown.ts'

export function dashboardsPage(): string {
  const introduction = 'What `spyglass dashboards build` writes for Grafana, and the alert rules for Grafana and Prometheus.'
  const boards = boardNames.map((name) => {
    const { title, uid, description, panels, templating } = renderBoard(name, { database: DATABASE })
    const variables = templating.list.map((variable) => code(variable.name)).join(', ')
    const rows = panels.map((panel) => [panel.title, panel.type, panel.description])
    return section(title, description, `Id ${code(uid)}; variables ${variables}.`, table(['Panel', 'Type', 'Shows'], rows))
  })
  const rules = alertRules().map(({ name, labels, annotations }) => [
    code(name),
    labels['severity'] ?? '',
    annotations['description'] ?? '',
  ])
  return document('Dashboards and alert rules', introduction, [
    ...boards,
    section('Alert rules', table(['Rule', 'Severity', 'Meaning'], rules)),
  ])
}
