#!/usr/bin/env node
/**
 * The program `spyglass`: plain JavaScript that starts by itself, from a package and from a checkout. It loads nothing before it knows that
 * this Node can run the rest, and keeps compiled modules, so that a command costs little more than Node's own start.
 */
import { existsSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const MINIMUM = [24, 14, 1]
const CONDITION = 'spyglass-source'

const source = new URL('../src/cli/spyglass.ts', import.meta.url)
/** A package holds `dist` only. */
const isCheckout = existsSync(source)

if (isTooOld(process.versions.node)) {
  const message = `this is Node ${process.versions.node}, and spyglass needs ${MINIMUM.join('.')} or later`
  process.stderr.write(`spyglass: ${message}. Put a newer Node first on PATH. (SPY_NODE_TOO_OLD)\n`)
  process.exitCode = 1
} else {
  module.enableCompileCache(process.env['NODE_COMPILE_CACHE'] ?? cacheFolder())
  if (isCheckout) leadToSources()
  await import(isCheckout ? source.href : new URL('../dist/cli/spyglass.js', import.meta.url).href)
}

function isTooOld(version) {
  const parts = version.split('.').map(Number)
  const at = MINIMUM.findIndex((wanted, i) => parts[i] !== wanted)
  return at >= 0 && parts[at] < MINIMUM[at]
}

/** Never a folder that other users can write to, such as /tmp: what lies in it is run. */
function cacheFolder() {
  if (isCheckout) return join(import.meta.dirname, '../../.cache/node-compile')
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'spyglass', 'node-compile')
}

/** In a checkout packages resolve to their sources; a start with `--conditions` does the same and needs no hook. */
function leadToSources() {
  if (process.execArgv.some((argument) => argument.endsWith(CONDITION))) return
  module.registerHooks({
    resolve: (specifier, context, next) => next(specifier, { ...context, conditions: [...context.conditions, CONDITION] }),
  })
}
