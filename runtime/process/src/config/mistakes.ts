/** Checks across several settings; each finding names the path, the value and what is allowed. */
import { statSync } from 'node:fs'
import type { z } from 'zod'
import { declarationAt, type List, resourceLists, type Section } from '../settings/index.ts'
import { instanceGroups, instanceNames, isWorkerAlone, routerName } from './instance-groups.ts'
import { listenerMistakes } from './listener-mistakes.ts'
import type { Mistake } from './mistake.ts'
import { exposures, portMistakes } from './port-mistakes.ts'
import { maintenanceMistakes, receiverMistakes } from './receiver-mistakes.ts'
import { resourceMistakes, unknownName } from './resource-mistakes.ts'
import { SpyglassConfig } from './schema.ts'

export type { Mistake } from './mistake.ts'

/**
 * Turns the parser's findings into errors that show the value found, unless its name is secret. What the settings that it did not
 * object to say together is checked as well, so that fixing the one kind of mistake does not bring up the other.
 */
export function mistakesOf(error: z.ZodError, input: unknown): Mistake[] {
  return [...error.issues.flatMap((issue) => ofIssue(issue, input)), ...crossMistakesOfTheRest(error.issues, input)]
}

/** Findings that involve several settings. */
export function crossMistakes(config: SpyglassConfig): Mistake[] {
  return [...nameMistakes(config), ...portMistakes(config)]
}

function nameMistakes(config: SpyglassConfig): Mistake[] {
  return [
    ...duplicateNames(config),
    ...unknownListeners(config),
    ...sharing(config),
    ...levelSettings(config),
    ...samePaths(config),
    ...programKinds(config),
    ...groupNames(config),
    ...unknownNode(config),
    ...resourceMistakes(config),
    ...exposures(config),
    ...trapTargets(config),
    ...receiverMistakes(config),
    ...maintenanceMistakes(config),
    ...listenerMistakes(config),
  ]
}

function ofIssue(issue: z.core.$ZodIssue, input: unknown): Mistake[] {
  const at = pathText(issue.path)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownSetting(at ? `${at}.${key}` : key))
  }
  return [{ path: at || '(file)', message: `${valueText(input, issue.path)}: ${issue.message}` }]
}

/** Names of earlier versions. */
const RENAMED: Readonly<Record<string, string>> = { 'alerting.webhooks': 'alerting.receivers' }

function unknownSetting(path: string): Mistake {
  const name = Object.hasOwn(RENAMED, path) ? RENAMED[path] : undefined
  return { path, message: name === undefined ? 'unknown setting; see docs/reference/configuration.md' : `it is called ${name} now` }
}

/** Port checks are skipped, and so is every check that involves an invalid value: otherwise its default would be blamed for something nobody wrote. */
function crossMistakesOfTheRest(issues: readonly z.core.$ZodIssue[], input: unknown): Mistake[] {
  const rest = structuredClone(input)
  const wrong = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  )
  for (const path of wrong) remove(rest, path)
  const parsed = SpyglassConfig.safeParse(rest)
  if (!parsed.success) return []
  const beside = new Set(issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => pathText(path.slice(0, -1))))
  return nameMistakes(parsed.data).filter(({ path }) => !beside.has(path.slice(0, path.lastIndexOf('.'))))
}

function remove(from: unknown, path: readonly PropertyKey[]): void {
  const owner = path.slice(0, -1).reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), from)
  const key = path.at(-1)
  if (isObject(owner) && key !== undefined) delete owner[key]
}

function duplicateNames(config: SpyglassConfig): Mistake[] {
  const lists = {
    listeners: config.listeners,
    applications: config.applications,
    ...Object.fromEntries(resourceLists.map((list) => [list, config[list]])),
    'alerting.receivers': config.alerting.receivers,
    'alerting.maintenance': config.alerting.maintenance,
  }
  return Object.entries(lists).flatMap(([list, items]) =>
    items.flatMap(({ name }, i) =>
      items.findIndex((other) => other.name === name) < i
        ? [{ path: `${list}[${i}].name`, message: `${JSON.stringify(name)}: duplicate name` }]
        : [],
    ),
  )
}

function unknownListeners({ applications, listeners }: SpyglassConfig): Mistake[] {
  const known = listeners.map(({ name }) => name)
  return applications.flatMap(({ listener }, i) =>
    known.includes(listener) ? [] : [{ path: `applications[${i}].listener`, message: unknownName('listener', listener, known) }],
  )
}

/** Settings of a process have no meaning in a shared one. */
function sharing({ applications }: SpyglassConfig): Mistake[] {
  return applications.flatMap((application, i) =>
    application.isolation === 'shared' ? processSettings(application).map((setting) => notShared(i, setting, application.listener)) : [],
  )
}

type Application = SpyglassConfig['applications'][number]

const processSettings = ({ replicas, imports, arguments: args, maxHeapBytes, output, outputFile }: Application): string[] => [
  ...(replicas === undefined ? [] : ['replicas']),
  ...(imports.length === 0 ? [] : ['imports']),
  ...(args.length === 0 ? [] : ['arguments']),
  ...(maxHeapBytes === undefined ? [] : ['maxHeapBytes']),
  ...(output === 'server-log' ? [] : ['output']),
  ...(outputFile === undefined ? [] : ['outputFile']),
]

const notShared = (i: number, setting: string, listener: string): Mistake => ({
  path: `applications[${i}].${setting}`,
  message: `not available with isolation: shared, where several applications share a process. ${
    setting === 'replicas' ? `Set instances of listener ${JSON.stringify(listener)}` : 'Remove it'
  }, or set isolation: own`,
})

/** Settings that mean something at one level of isolation alone. */
function levelSettings({ applications }: SpyglassConfig): Mistake[] {
  const misplaced = (i: number, setting: string, level: string): Mistake => ({
    path: `applications[${i}].${setting}`,
    message: `only available with isolation: ${level}. Remove it, or set isolation: ${level}`,
  })
  return applications.flatMap(({ isolation, user, allow }, i) => [
    ...(user !== undefined && isolation !== 'user' ? [misplaced(i, 'user', 'user')] : []),
    ...(allow.length > 0 && isolation !== 'permission' ? [misplaced(i, 'allow', 'permission')] : []),
  ])
}

function samePaths({ applications }: SpyglassConfig): Mistake[] {
  return applications.flatMap((application, i) => {
    const { listener, host, contextPath } = application
    const other = applications
      .slice(0, isWorkerAlone(application) ? 0 : i)
      .filter((earlier) => !isWorkerAlone(earlier))
      .find((earlier) => earlier.listener === listener && earlier.host === host && earlier.contextPath === contextPath)
    if (!other) return []
    const message = `${JSON.stringify(contextPath)}: application ${JSON.stringify(other.name)} already has this path on listener ${JSON.stringify(listener)}. Choose another path or listener`
    return [{ path: `applications[${i}].contextPath`, message }]
  })
}

/** An application is a worker, or files, or the program that `entry` names. */
function programKinds({ applications }: SpyglassConfig): Mistake[] {
  return applications.flatMap(({ static: isStatic, worker, entry }, i) =>
    isStatic && (worker || entry !== undefined)
      ? [
          {
            path: `applications[${i}].static`,
            message: `true: files are served instead of a program. Remove it, or remove ${worker ? 'worker' : 'entry'}`,
          },
        ]
      : [],
  )
}

/** The instances of an application and those of a listener are named alike; so may be the router of a listener. */
function groupNames(config: SpyglassConfig): Mistake[] {
  const routers = new Set(config.listeners.map(routerName))
  const taken = new Set(
    instanceGroups(config).flatMap((group) => (instanceNames(group).some((name) => routers.has(name)) ? [group.name] : [])),
  )
  return [
    ...sharedNames(config),
    ...config.applications.flatMap(({ name }, i) =>
      taken.has(name)
        ? [
            {
              path: `applications[${i}].name`,
              message: `${JSON.stringify(name)}: its instances would be named like the router of a listener`,
            },
          ]
        : [],
    ),
  ]
}

function sharedNames(config: SpyglassConfig): Mistake[] {
  const shared = new Set(instanceGroups(config).flatMap(({ isolation, name }) => (isolation === 'shared' ? [name] : [])))
  return config.applications.flatMap(({ isolation, name, enabled }, i) =>
    enabled && isolation !== 'shared' && shared.has(name)
      ? [{ path: `applications[${i}].name`, message: `${JSON.stringify(name)}: also the name of a listener with shared instances` }]
      : [],
  )
}

/** Folders that do not exist. Only the start of a server asks: other commands work without them. `config` has absolute paths. */
export function folderMistakes({ applications }: SpyglassConfig): Mistake[] {
  return applications.flatMap(({ folder }, i) => {
    const stat = statSync(folder, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return []
    const problem = stat ? 'not a folder' : 'no such folder'
    return [
      {
        path: `applications[${i}].folder`,
        message: `${JSON.stringify(folder)}: ${problem}. It must be the folder that holds package.json`,
      },
    ]
  })
}

function unknownNode({ management: { platformNode }, ...config }: SpyglassConfig): Mistake[] {
  const known = [...instanceGroups(config).flatMap(instanceNames), 'management']
  if (platformNode === undefined || known.includes(platformNode)) return []
  return [{ path: 'management.platformNode', message: `${JSON.stringify(platformNode)}: no such process; configured: ${known.join(', ')}` }]
}

function trapTargets(config: SpyglassConfig): Mistake[] {
  return config.snmp.trapTargets.flatMap(({ version, community }, i) =>
    version === 'v2c' && community === undefined
      ? [{ path: `snmp.trapTargets[${i}].community`, message: 'missing: v2c needs a community' }]
      : [],
  )
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`)).join('')
}

function valueText(input: unknown, path: readonly PropertyKey[]): string {
  let value = input
  for (const part of path) value = isObject(value) ? value[part] : undefined
  if (value === undefined) return 'missing'
  if (path.length > 0 && isSecret(path, value)) return '(not shown)'
  const text = JSON.stringify(value).replace(/\/\/[^/@]*@/g, '//(not shown)@')
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}

/** A map or a list where another was expected may hold the secrets of that section. */
function isSecret(path: readonly PropertyKey[], value: unknown): boolean {
  const node = declarationAt(path)?.node
  if (node === undefined) return true
  return node.type === 'section' || node.type === 'list' ? isObject(value) && holdsSecret(node) : node.secret === true
}

const holdsSecret = ({ settings }: Section | List): boolean =>
  Object.values(settings).some((node) => (node.type === 'section' || node.type === 'list' ? holdsSecret(node) : node.secret === true))

const isObject = (value: unknown): value is Record<PropertyKey, unknown> => typeof value === 'object' && value !== null
