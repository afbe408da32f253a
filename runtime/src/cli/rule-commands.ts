/** The commands about alert rules and what is made from them. */
import type { CommandDeclaration } from './command-declaration.ts'

const json = { description: 'Prints one JSON document instead of lines.' } as const

/** `configuration`: the options that name the server's configuration. */
export const ruleCommands = (configuration: CommandDeclaration['options']): readonly CommandDeclaration[] => [
  {
    name: 'rules list',
    summary: 'Lists the alert rules, shipped and own (alerting.rules), and what Grafana or Prometheus cannot have of them.',
    options: { ...configuration, json },
    examples: ['spyglass rules list'],
  },
  {
    name: 'rules lint',
    summary: 'Checks the own alert rules (alerting.rules), and names every mistake. Exit code 1 when there is one.',
    options: { ...configuration, json },
    examples: ['spyglass rules lint --config spyglass.yaml'],
  },
  {
    name: 'rules explain',
    arguments: 'NAME',
    summary: 'Shows one alert rule as each engine has it, or why one cannot.',
    options: { ...configuration, json },
    examples: ['spyglass rules explain EventLoopBlocked'],
  },
  {
    name: 'rules test',
    arguments: '[NAME]',
    summary:
      'Plays recorded incidents through this server, Grafana and Prometheus (promtool). Exit code 1 when one fires or clears more than an interval apart.',
    options: {
      ...configuration,
      json,
      'without-prometheus': { description: 'Leaves Prometheus out: promtool is not needed.' },
    },
    examples: ['spyglass rules test', 'spyglass rules test EventLoopBlocked'],
  },
  {
    name: 'dashboards build',
    summary: 'Writes the Grafana provisioning files: dashboards, data source and alert rules.',
    options: {
      ...configuration,
      out: { value: 'DIR', description: 'Folder to write to. Default: grafana in the data folder.', completes: 'folder' },
    },
    examples: ['spyglass dashboards build --out /etc/grafana/provisioning'],
  },
]
