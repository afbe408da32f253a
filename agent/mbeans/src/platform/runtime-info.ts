/** How the process was started, without secrets. */
import os from 'node:os'
import process from 'node:process'

/** Versions and paths, as rows of a Java map. It contains no environment variables. */
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
