/** Writes SPYGLASS-MIB and the standard modules it needs into a folder, so that Debian's snmp tools, which bring none, resolve its names. */
import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Oid } from '../ber/oid.ts'
import { MODULE_NAME, mibText } from './module-text.ts'

/** SPYGLASS-MIB imports the first three; SNMPv2-MIB names the system group. They come with the npm package net-snmp. */
const STANDARD_MODULES = ['SNMPv2-SMI', 'SNMPv2-TC', 'SNMPv2-CONF', 'SNMPv2-MIB'] as const

/** @returns the file of SPYGLASS-MIB. Each file is named after its module. */
export function exportMibs(folder: string, root: Oid): string {
  mkdirSync(folder, { recursive: true })
  const source = join(dirname(createRequire(import.meta.url).resolve('net-snmp')), 'lib', 'mibs')
  for (const name of STANDARD_MODULES) copyFileSync(join(source, `${name}.mib`), join(folder, `${name}.txt`))
  const file = join(folder, `${MODULE_NAME}.txt`)
  writeFileSync(`${file}.${process.pid}`, mibText(root))
  renameSync(`${file}.${process.pid}`, file)
  return file
}
