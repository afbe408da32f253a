/** SMIv2 clauses as text: quoting, wrapping, and the macros SPYGLASS-MIB uses. */

const WIDTH = 72

export interface ObjectTypeClause {
  readonly descriptor: string
  readonly syntax: string
  readonly units?: string | undefined
  readonly access: 'read-only' | 'not-accessible' | 'accessible-for-notify'
  readonly description: string
  /** A further clause, `INDEX { … }`. */
  readonly tail?: string
  readonly at: string
}

export function objectType({ descriptor, syntax, units, access, description, tail, at }: ObjectTypeClause): string {
  return lines(
    `${descriptor} OBJECT-TYPE`,
    `    SYNTAX      ${wrapped(syntax, '                ')}`,
    units === undefined ? undefined : `    UNITS       "${units}"`,
    `    MAX-ACCESS  ${access}`,
    '    STATUS      current',
    '    DESCRIPTION',
    quoted(description),
    tail === undefined ? undefined : `    ${tail}`,
    `    ::= { ${at} }`,
  )
}

export interface GroupClause {
  readonly descriptor: string
  readonly macro: 'OBJECT-GROUP' | 'NOTIFICATION-GROUP'
  readonly members: readonly string[]
  readonly description: string
  readonly at: string
}

export function group({ descriptor, macro, members, description, at }: GroupClause): string {
  return lines(
    `${descriptor} ${macro}`,
    `    ${macro === 'OBJECT-GROUP' ? 'OBJECTS' : 'NOTIFICATIONS'} {`,
    list(members),
    '    }',
    '    STATUS      current',
    '    DESCRIPTION',
    quoted(description),
    `    ::= { ${at} }`,
  )
}

export interface NotificationClause {
  readonly descriptor: string
  readonly objects: readonly string[]
  readonly description: string
  /** Comment lines for trap handlers that read them, such as `--#SEVERITY CRITICAL`. */
  readonly annotations: readonly string[]
  readonly at: string
}

export function notificationType({ descriptor, objects, description, annotations, at }: NotificationClause): string {
  return lines(
    `${descriptor} NOTIFICATION-TYPE`,
    '    OBJECTS {',
    list(objects),
    '    }',
    '    STATUS      current',
    '    DESCRIPTION',
    quoted(description),
    ...annotations.map((annotation) => `    ${annotation}`),
    `    ::= { ${at} }`,
  )
}

export interface ConventionClause {
  readonly name: string
  readonly hint?: string
  readonly description: string
  readonly syntax: string
}

export function textualConvention({ name, hint, description, syntax }: ConventionClause): string {
  return lines(
    `${name} ::= TEXTUAL-CONVENTION`,
    hint === undefined ? undefined : `    DISPLAY-HINT "${hint}"`,
    '    STATUS      current',
    '    DESCRIPTION',
    quoted(description),
    `    SYNTAX      ${syntax}`,
  )
}

export const identifier = (name: string, at: string): string => `${name} OBJECT IDENTIFIER ::= { ${at} }`

export const list = (members: readonly string[]): string => members.map((member) => `        ${member}`).join(',\n')

export function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join('\n')
}

/** A quoted text, indented and wrapped. SMI texts are ASCII and hold no double quote. */
export function quoted(text: string): string {
  const ascii = text
    .replaceAll('"', "'")
    .replaceAll('…', '...')
    .replaceAll(/[^\x20-\x7e\n]/g, '?')
  const paragraphs = ascii.split('\n').map((paragraph) => wrapped(paragraph, INDENT))
  return `${INDENT.slice(0, -1)}"${paragraphs.join(`\n${INDENT}`)}"`
}

const INDENT = '            '

function wrapped(text: string, indent: string): string {
  const rows: string[] = ['']
  for (const word of text.split(' ')) {
    const row = rows.at(-1)!
    if (row === '') rows[rows.length - 1] = word
    else if (indent.length + row.length + 1 + word.length <= WIDTH + 4) rows[rows.length - 1] = `${row} ${word}`
    else rows.push(word)
  }
  return rows.join(`\n${indent}`)
}
