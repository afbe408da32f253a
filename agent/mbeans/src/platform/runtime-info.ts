/** What may be told of how the process was started: nothing that could be a secret. */
import os from 'node:os'
import process from 'node:process'
import { SECRET_KEYS } from '@spyglass/agent/contract'

const REDACTED = '[redacted]'
/** Credentials in a URL: `scheme://user:password@host`. */
const CREDENTIALS = /\/\/[^/@\s]+@/g

/** Arguments with values that look like secrets replaced: `--token=x`, `--token x`, `--db=postgres://user:x@host`. */
export function inputArguments(given: readonly string[]): readonly string[] {
  return given.map((argument, index) => {
    const before = given[index - 1]
    if (before !== undefined && before.startsWith('-') && !before.includes('=') && isSecret(before) && !argument.startsWith('-'))
      return REDACTED
    const equals = argument.indexOf('=')
    if (equals !== -1 && isSecret(argument.slice(0, equals))) return `${argument.slice(0, equals)}=${REDACTED}`
    return argument.replaceAll(CREDENTIALS, `//${REDACTED}@`)
  })
}

function isSecret(name: string): boolean {
  const lower = name.toLowerCase()
  return SECRET_KEYS.some((key) => lower.includes(key))
}

/** Versions and places, as rows of a Java map. No environment variable is among them. */
export function systemProperties(processName: string): readonly { readonly key: string; readonly value: string }[] {
  const versions = Object.entries(process.versions).flatMap(([name, version]) =>
    version === undefined ? [] : [[`node.version.${name}`, version]],
  )
  const entries: readonly (readonly string[])[] = [
    ['java.vm.name', `Node.js (V8 ${process.versions.v8})`],
    ['java.vm.version', process.versions.node],
    ['java.version', process.versions.node],
    ['os.name', os.type()],
    ['os.version', os.release()],
    ['os.arch', os.arch()],
    ['user.timezone', Intl.DateTimeFormat().resolvedOptions().timeZone],
    ['file.separator', '/'],
    ['spyglass.process', processName],
    ...versions,
  ]
  return entries.map(([key = '', value = '']) => ({ key, value }))
}
