'use strict'
// What --import and --require load first. Any Node that can preload a file parses it, so it is JavaScript of 2018: it decides whether this
// process is an application and whether its Node can carry the agent, and only then loads the rest. It throws nothing, and at worst
// prints one line.

/** One line each; `%s` is filled in. */
exports.errors = {
  SPY_AGENT_NODE:
    'the agent does not support Node %s, so the application runs unrecorded: use Node 22.15 or later, or remove @spyglass/agent from the command line and NODE_OPTIONS',
  SPY_AGENT_START: 'the agent could not start, so the application runs unrecorded: %s',
}

/** Starts the agent, unless this process is to be left alone. It is loaded only once it is known that this Node can parse it. */
exports.start = function start() {
  try {
    if (!isWanted(process.env)) return
    if (typeof require('module').registerHooks !== 'function') return say('SPY_AGENT_NODE', process.versions.node)
    require(agentFile()).startAgent()
  } catch (error) {
    say('SPY_AGENT_START', String((error && error.stack) || error).split('\n')[0])
  }
}

/** The package holds the agent as one CommonJS file: as a module, a third of the time to load it would go into views of Node's own modules. */
function agentFile() {
  const folder = require('path').join(__dirname, '..', 'agent')
  const names = ['start.cjs', 'start.js', 'start.ts'].map((name) => require('path').join(folder, name))
  return names.find((name) => require('fs').existsSync(name)) || names[0]
}

/** Whether to record this process. A preload on the command line is meant; one in NODE_OPTIONS reaches every tool as well. */
function isWanted(env) {
  const wish = (env.SPYGLASS_ENABLED || 'auto').trim().toLowerCase()
  if (['off', 'false', '0'].includes(wish) || /^true$/i.test(env.OTEL_SDK_DISABLED || '')) return false
  if (['on', 'true', '1'].includes(wish) || !isAmbient(env)) return true
  const threads = require('worker_threads')
  const inherited = threads.getEnvironmentData && threads.getEnvironmentData('spyglass.inert')
  if (!inherited && !isTool(process.argv[1], env)) return true
  // Threads of a tool run files of their own, and must know.
  if (threads.setEnvironmentData) threads.setEnvironmentData('spyglass.inert', true)
  return false
}

const PRELOAD = /^(--import|--require|--experimental-loader|--loader|-r)(=|$)/

/** Whether NODE_OPTIONS preloads something, and the command line does not preload the agent. */
function isAmbient(env) {
  if (!(env.NODE_OPTIONS || '').split(/\s+/).some((option) => PRELOAD.test(option))) return false
  const options = process.execArgv
  const preloads = options.filter((option, at) => PRELOAD.test(option) || (at > 0 && PRELOAD.test(options[at - 1])))
  return !preloads.some((option) => /spyglass|[\\/]register\.[a-z]+$/.test(option))
}

/** Whether the program is a tool: `script` is undefined for -e, -p, the REPL and a program from standard input. */
function isTool(script, env) {
  const tools = require('./tools.cjs')
  if (script === undefined || script === '-' || env.NODE_TEST_CONTEXT !== undefined) return true
  if (tools.INSTALL_EVENTS.test(env.npm_lifecycle_event || '')) return true
  const file = realPath(script)
  if (tools.APPLICATION_FILES.test(file)) return false
  const parts = file.split(/[\\/]/)
  return tools.TOOL_FILES.test(parts[parts.length - 1]) || tools.TOOL_PACKAGES.has(packageOf(parts))
}

/** The innermost package that a file belongs to; /usr/share/nodejs is where Debian keeps packages. */
function packageOf(parts) {
  const at = Math.max(parts.lastIndexOf('node_modules'), parts.lastIndexOf('nodejs'))
  const name = parts[at + 1] || ''
  return at < 0 ? '' : name.startsWith('@') ? `${name}/${parts[at + 2]}` : name
}

function realPath(file) {
  try {
    return require('fs').realpathSync(file)
  } catch {
    return file // Node itself will say that there is no such program
  }
}

/** Past process.stderr, which would be set up by being asked for. Threads leave it to the main one. */
function say(code, text) {
  try {
    if (require('worker_threads').isMainThread) require('fs').writeSync(2, `${code}: ${exports.errors[code].replace('%s', text)}\n`)
  } catch {
    // There is nobody to report this to.
  }
}
