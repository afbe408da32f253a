/** Writes SPYGLASS-MIB and the standard modules it imports into a folder: Debian's snmp package contains none of them. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Oid } from '../ber/oid.ts'
import { HCNUM_TC, hcnumTcText } from './hcnum-tc.ts'
import { MODULE_NAME, mibText } from './module-text.ts'

/** SPYGLASS-MIB imports the first three; SNMPv2-MIB names the system group. The npm package net-snmp ships them. */
const STANDARD_MODULES = ['SNMPv2-SMI', 'SNMPv2-TC', 'SNMPv2-CONF', 'SNMPv2-MIB'] as const

/** @returns the file of SPYGLASS-MIB. Each file is named after its module. */
export function exportMibs(folder: string, root: Oid): string {
  mkdirSync(folder, { recursive: true })
  const source = join(dirname(createRequire(import.meta.url).resolve('net-snmp')), 'lib', 'mibs')
  for (const name of STANDARD_MODULES) writeModule(join(folder, `${name}.txt`), readFileSync(join(source, `${name}.mib`), 'utf8'))
  writeModule(join(folder, `${HCNUM_TC}.txt`), hcnumTcText)
  return writeModule(join(folder, `${MODULE_NAME}.txt`), mibText(root))
}

/** Existing files are not rewritten: the disk may be full. */
function writeModule(file: string, text: string): string {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return file
  writeFileSync(`${file}.${process.pid}`, text)
  renameSync(`${file}.${process.pid}`, file)
  return file
}
