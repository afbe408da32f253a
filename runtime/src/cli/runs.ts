/** What each command runs. Only the modules of the command that runs are loaded: `up` stays for as long as the service does. */
import type { SpyglassConfig } from '@spyglass/process/checked-config'
import { exitCodes } from './exit-codes.ts'
import { type Invocation, textOption, type Values } from './parse.ts'
import type { Session } from './session.ts'

/** Resolves with the exit code; without one the command is done. */
type Run = (invocation: Invocation, session: Session) => Promise<number | void>

export const runs: Readonly<Record<string, Run>> = {
  up: async ({ values }) => (await import('../server/up.ts')).up(values, 'all'),
  server: async ({ values }) => (await import('../server/up.ts')).up(values, 'edge'),
  collector: ({ raw }) => runPart('@spyglass/collector', 'collector-main', raw),
  store: ({ raw }) => runPart('@spyglass/collector', 'store-main', raw),
  'snmp-bridge': ({ raw }) => runPart('@spyglass/snmp-bridge', 'snmp-bridge-main', raw),
  status: async (invocation, session) => (await import('./read.ts')).status(invocation, session),
  list: async (invocation, session) => (await import('./read.ts')).list(invocation, session),
  get: async (invocation, session) => (await import('./read.ts')).get(invocation, session),
  set: async (invocation, session) => (await import('./change.ts')).set(invocation, session),
  create: async (invocation, session) => (await import('./change.ts')).create(invocation, session),
  delete: async (invocation, session) => (await import('./change.ts')).remove(invocation, session),
  invoke: async (invocation, session) => (await import('./change.ts')).invoke(invocation, session),
  sql: async (invocation, session) => (await import('./sql.ts')).sql(invocation, session),
  undo: async (invocation, session) => (await import('./change.ts')).undo(invocation, session),
  history: async (invocation, session) => (await import('./history.ts')).history(invocation, session),
  diff: async (invocation, session) => (await import('./history.ts')).diff(invocation, session),
  reload: async (invocation, session) => (await import('./reload.ts')).reload(invocation, session),
  deploy: async (invocation, session) => (await import('./applications.ts')).deploy(invocation, session),
  undeploy: async (invocation, session) => (await import('./applications.ts')).undeploy(invocation, session),
  versions: async (invocation, session) => (await import('./applications.ts')).versions(invocation, session),
  rollback: async (invocation, session) => (await import('./applications.ts')).rollback(invocation, session),
  scale: async (invocation, session) => (await import('./applications.ts')).scale(invocation, session),
  enable: async (invocation, session) => (await import('./applications.ts')).setEnabled(invocation, session, true),
  disable: async (invocation, session) => (await import('./applications.ts')).setEnabled(invocation, session, false),
  start: async (invocation, session) => (await import('./applications.ts')).setEnabled(invocation, session, true),
  stop: async (invocation, session) => (await import('./applications.ts')).setEnabled(invocation, session, false),
  restart: async (invocation, session) => (await import('./reload.ts')).reload(invocation, session),
  logs: async (invocation, session) => (await import('./logs.ts')).logs(invocation, session),
  incident: async (invocation, session) => (await import('./incident.ts')).incident(invocation, session),
  incidents: async (invocation, session) => (await import('./incident.ts')).incidents(invocation, session),
  rehearse: async (invocation, session) => (await import('./rehearse.ts')).rehearse(invocation, session),
  why: async (invocation, session) => (await import('./why.ts')).why(invocation, session),
  'user create': async (invocation, session) => (await import('./identities.ts')).createUser(invocation, session),
  'user password': async (invocation, session) => (await import('./identities.ts')).setPassword(invocation, session),
  'user delete': async (invocation, session) => (await import('./identities.ts')).deleteUser(invocation, session),
  'user list': async (invocation, session) => (await import('./identities.ts')).listUsers(invocation, session),
  'token create': async (invocation, session) => (await import('./identities.ts')).createToken(invocation, session),
  'token revoke': async (invocation, session) => (await import('./identities.ts')).revokeToken(invocation, session),
  'token list': async (invocation, session) => (await import('./identities.ts')).listTokens(invocation, session),
  'secret key': async (invocation, session) => (await import('./secret.ts')).makeSecretKey(invocation, session),
  'secret encrypt': async (invocation, session) => (await import('./secret.ts')).encryptSecret(invocation, session),
  'secret password': async (invocation, session) => (await import('./secret.ts')).hashSecretPassword(invocation, session),
  'secret decrypt': async (invocation, session) => (await import('./secret.ts')).decryptSecret(invocation, session),
  shell: async (invocation) => (await import('./shell.ts')).shell(invocation, runCommand),
  completion: async ({ words }, session) => (await import('./completion.ts')).completion(words[0] ?? '', session),
  complete: async (invocation, session) => (await import('./read.ts')).complete(invocation, session),
  mib: async ({ values }) => {
    const root = textOption(values, 'root') ?? (await configOf(values)).snmp.root
    return runPart('@spyglass/snmp-bridge', 'snmp-bridge-main', ['--print-mib', '--root', root])
  },
  'rules list': ({ values }) => tellRules(['list'], values),
  'rules lint': ({ values }) => tellRules(['lint'], values),
  'rules explain': ({ values, words }) => tellRules(['explain', words[0] ?? ''], values),
  'rules test': async ({ values, words }) => {
    const { testRules } = await import('../server/dashboards.ts')
    const flags = ['json', 'without-prometheus'].filter((flag) => values[flag] === true).map((flag) => `--${flag}`)
    return testRules([...words, ...flags], await configOf(values))
  },
  'dashboards build': async ({ values }) => {
    const { ensureDataFolder, ensureSecrets } = await import('@spyglass/process/config')
    const { buildDashboards } = await import('../server/dashboards.ts')
    const config = await configOf(values)
    const folder = ensureDataFolder(config.data)
    const secrets = ensureSecrets(folder.secrets) // Grafana may be set up before the server first starts
    const out = textOption(values, 'out')
    return buildDashboards({ config, secrets }, folder, out === undefined ? {} : { out })
  },
}

/** Resolves with the exit code. */
export async function runCommand(invocation: Invocation, session: Session): Promise<number> {
  return (await runs[invocation.command.name]?.(invocation, session)) ?? exitCodes.done.code
}

async function tellRules(args: readonly string[], values: Values): Promise<number> {
  const { tellRules: tell } = await import('../server/dashboards.ts')
  return tell([...args, ...(values['json'] === true ? ['--json'] : [])], await configOf(values))
}

async function runPart(packageName: string, module: string, args: readonly string[]): Promise<number> {
  const { entryOf } = await import('../server/part-scripts.ts')
  const { runScript } = await import('../server/run-script.ts')
  return runScript(entryOf(packageName, module), args)
}

async function configOf(values: Values): Promise<SpyglassConfig> {
  const { loadConfig, parseOffset } = await import('@spyglass/process/config')
  const portOffset = parseOffset(textOption(values, 'port-offset'))
  return loadConfig({ file: textOption(values, 'config'), data: textOption(values, 'data'), portOffset })
}
