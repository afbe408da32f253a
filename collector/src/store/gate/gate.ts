/**
 * Decides whether a statement from outside may run. Everything not known to be harmless is refused: the engine's own parser counts and
 * classes the statements, then its syntax tree is walked and each function, table, node and format must be on a list. Nothing rests on
 * patterns over SQL text except the few statements of metadata.ts, which are matched whole.
 *
 * It is one layer of three: grants and `readonly=1` are below it. Only the gate stops the scalar function `file`, which ignores grants.
 */
import { DATABASE, messageOf } from '@spyglass/agent/contract'
import { fromEngine, refuse } from '../clickhouse-error.ts'
import { READABLE_SYSTEM_TABLES } from '../engine/engine-files.ts'
import { formatOf, tokensOf } from '../formatted.ts'
import type { StoreSession } from '../session.ts'
import { stringLiteral } from '../sql-literal.ts'
import { type AstNode, parseAst } from './ast.ts'
import { explainedNodes } from './explained.ts'
import { formatNamed } from './formats.ts'
import type { FunctionRules } from './functions.ts'
import { MAX_MADE_LENGTH, steepCallIn } from './made-values.ts'
import { hasOddName, namesOfFunctions, namesOfTables } from './meant-names.ts'
import { bareStatement, type Metadata, matchMetadata } from './metadata.ts'

export interface Gate {
  /**
   * Admits the statement and returns what is needed to run it. The session must have no settings of the statement yet: a limit
   * among them would cut the syntax tree.
   * @param database where names without a database are looked up; ours by default.
   * @throws ClickhouseError with code 392 (QUERY_IS_PROHIBITED), or the engine's own when it cannot be parsed.
   */
  check(sql: string, session: StoreSession, database?: ReadableDatabase): Promise<Passed>
}

/** A database that a statement may be about: ours, or the readable tables of the engine's own. */
export type ReadableDatabase = typeof DATABASE | 'system'

export interface Passed {
  /** The format that the statement names. */
  readonly format: string | undefined
  /** Whether the engine can give the answer in pieces: it can for SELECT. */
  readonly streamable: boolean
  /** The words in its literals, if it reads `system.settings` and no other table. */
  readonly settingsAsked: readonly string[] | undefined
  /** The statement to run in place of this one, which the engine would refuse. */
  readonly instead?: string
}

/** Longest statement, in characters. */
export const MAX_STATEMENT_LENGTH = 262_144

const MAX_DEPTH = 400
const MAX_NODES = 20_000
const READ_ONLY_CLASS = 0

const TABLE_FUNCTIONS = new Set(['numbers', 'generateseries', 'generate_series', 'null', 'values', 'sqlstandardvalues', 'view'])
const SYSTEM_TABLES = new Set<string>(READABLE_SYSTEM_TABLES)
/** Views of the SQL standard over tables of `system`; the engine shows a reader in them what it shows there. */
export const INFORMATION_SCHEMA_VIEWS = [
  'schemata',
  'tables',
  'columns',
  'views',
  'key_column_usage',
  'referential_constraints',
  'statistics',
  'engines',
  'character_sets',
  'collations',
] as const
const READABLE: Readonly<Record<string, ReadonlySet<string>>> = {
  system: SYSTEM_TABLES,
  information_schema: new Set(INFORMATION_SCHEMA_VIEWS),
}
const FOREIGN_NAME = /^(system|information_schema|default|_temporary_and_external_tables)\s*\./i

const SELECT = 'SelectWithUnionQuery'
/** The statement at the top. DESCRIBE of a table, a function or a subquery has the same nodes below it. */
const STATEMENTS = new Set([SELECT, 'DescribeQuery'])

/** Nodes that hold others or plain values. A transformer that applies a function by name is not here: its tree does not show the name. */
const PLAIN_NODES = new Set([
  'SelectWithUnionQuery',
  'SelectIntersectExceptQuery',
  'SelectQuery',
  'ExpressionList',
  'TablesInSelectQuery',
  'TablesInSelectQueryElement',
  'TableExpression',
  'TableJoin',
  'ArrayJoin',
  'Asterisk',
  'QualifiedAsterisk',
  'ColumnsRegexpMatcher',
  'ColumnsListMatcher',
  'ColumnsTransformerList',
  'ColumnsExceptTransformer',
  'ColumnsReplaceTransformer',
  'ColumnsReplaceTransformer::Replacement',
  'Literal',
  'Subquery',
  'WithElement',
  'OrderByElement',
  'WindowDefinition',
  'WindowListElement',
  'SampleRatio',
  'InterpolateElement',
  'DataType',
  'NameTypePair',
])

const prohibit = (what: string) => refuse('QUERY_IS_PROHIBITED', `${what} is not allowed here`)

const ADVICE = 'Use IN, multiIf or an array in place of a long chain, and fewer nested subqueries'
const tooDeep = () => refuse('TOO_DEEP_AST', `The statement is nested too deeply: more than ${MAX_DEPTH} levels. ${ADVICE}`)

function judgeLongValues(nodes: readonly AstNode[]): void {
  const steep = steepCallIn(nodes)
  if (!steep) return
  throw refuse(
    'QUERY_IS_PROHIBITED',
    `The function ${steep.name} is not allowed in a statement that makes a value longer than ${MAX_MADE_LENGTH} by ${steep.maker}: its cost grows faster than the value`,
  )
}

export function createGate(functions: FunctionRules): Gate {
  function judge(node: AstNode): void {
    if (node.depth > MAX_DEPTH) throw tooDeep()
    if (node.kind === 'Function') return judgeFunction(node)
    if (node.kind === 'TableIdentifier') return judgeTable(node.name)
    if (node.kind === 'Identifier') return // by judgeNames, which looks where it stands
    if (node.kind === 'Set') throw refuse('READONLY', 'The clause SETTINGS cannot be used in readonly mode')
    if (node.depth <= 1 && node.kind === 'Literal') throw prohibit('INTO OUTFILE')
    if (!PLAIN_NODES.has(node.kind)) throw prohibit(`The expression ${node.kind}`)
  }

  function judgeFunction({ name, parent }: AstNode): void {
    const lower = name.toLowerCase()
    if (parent === 'TableExpression') {
      if (!TABLE_FUNCTIONS.has(lower)) throw prohibit(`The table function ${name}`)
    } else if (functions.isDenied(lower)) throw prohibit(`The function ${name}`)
    else if (!functions.mayCall(lower)) throw refuse('UNKNOWN_FUNCTION', `Function with name \`${name}\` does not exist`)
  }

  /** As the engine's own parser reads it. */
  async function checkTree(sql: string, session: StoreSession, database: ReadableDatabase): Promise<Passed> {
    await classify(sql, session)
    const all = await nodesOf(sql, session)
    const explained = explainedNodes(all)
    const nodes = explained ?? all
    const statement = nodes[0]?.kind ?? 'unknown'
    if (!STATEMENTS.has(statement)) throw prohibit(`A statement of kind ${statement}`)
    for (const node of nodes.slice(1)) judge(node)
    await judgeNames(functions, nodes, sql, session)
    if (database === 'system') await judgeBareTables(nodes, sql, session)
    judgeLongValues(nodes)
    const streamable = statement === SELECT && !explained
    return {
      format: knownOrNone(nodes.find(isFormat)?.name),
      streamable,
      settingsAsked: streamable && readsOnlySettings(nodes, database) ? wordsOf(nodes) : undefined,
    }
  }

  return {
    async check(sql, session, database = DATABASE) {
      if (sql.includes('\0')) throw prohibit('A statement with a zero byte')
      const bare = bareStatement(sql) ?? ''
      const metadata = matchMetadata(bare)
      if (!metadata) return checkTree(sql, session, database)
      const condition = conditionOf(metadata)
      const { format } = condition === undefined ? metadata : await checkTree(condition, session, database)
      return passedMetadata(bare, { ...metadata, format }, database)
    },
  }
}

/** A name that could be that of a function or table which is not for readers: refused where the engine would take it for one. */
async function judgeNames(functions: FunctionRules, nodes: readonly AstNode[], sql: string, session: StoreSession): Promise<void> {
  const isSuspect = (node: AstNode): boolean =>
    node.kind === 'Identifier' && !isFormat(node) && (FOREIGN_NAME.test(node.name) || functions.isDenied(node.name))
  if (!nodes.some(isSuspect)) return
  await refuseOddNames(sql, session)
  for (const name of namesOfFunctions(nodes, functions))
    if (functions.isDenied(name)) throw prohibit(`The name ${name}, which is that of a function,`)
  for (const name of namesOfTables(nodes)) if (FOREIGN_NAME.test(name)) judgeTable(name)
}

/** The condition of a SHOW as a SELECT, which is judged in its place. It needs no subquery, and gets none. */
function conditionOf({ where }: Metadata): string | undefined {
  if (where === undefined) return undefined
  if (/SELECT/i.test(where)) throw prohibit('A subquery in SHOW')
  return `SELECT 1 WHERE ${where}`
}

const passedMetadata = (bare: string, metadata: Metadata, database: ReadableDatabase): Passed => ({
  format: knownOrNone(metadata.format),
  streamable: false,
  settingsAsked: undefined,
  instead: bare,
  ...insteadOf(metadata, database),
})

/**
 * The statement to run in place of one of these, which the engine would answer for tables and databases that a reader must not see: for the
 * reader there are none.
 * @throws ClickhouseError 81 for a database that is none for readers, 392 for the definition of a table of the engine.
 */
function insteadOf({ asks, database: named, table }: Metadata, database: ReadableDatabase): { readonly instead?: string } {
  if (asks === 'exists') return existence(named ?? database, table)
  if (asks === 'nothing') return { instead: "SELECT '' AS name WHERE 0" }
  if (named === undefined || named === DATABASE) return {}
  if (named !== 'system') throw refuse('UNKNOWN_DATABASE', `Database ${named} does not exist`)
  if (asks === 'definition') throw prohibit('The definition of a table of system')
  return {}
}

function existence(database: string, table: string | undefined): { readonly instead?: string } {
  if (database === DATABASE && table !== undefined) return {}
  const isThere = database === DATABASE || (database === 'system' && (table === undefined || SYSTEM_TABLES.has(table)))
  return { instead: `SELECT ${isThere ? 1 : 0} AS result` }
}

/**
 * The engine lets anyone count the rows of its own tables and use them behind IN, so those that are not listed are refused here. Behind IN a
 * table looks like a column.
 */
async function judgeBareTables(nodes: readonly AstNode[], sql: string, session: StoreSession): Promise<void> {
  await refuseOddNames(sql, session)
  const named = [...nodes.filter(({ kind }) => kind === 'TableIdentifier').map(({ name }) => name), ...namesOfTables(nodes)]
  const bare = named.filter((name) => !name.includes('.') && !SYSTEM_TABLES.has(name.toLowerCase()))
  if (bare.length === 0) return
  const ctes = nodes.some(({ kind }) => kind === 'WithElement') ? namesOfWith((await formatOf(sql, session)) ?? '') : new Set<string>()
  for (const name of bare) if (!ctes.has(name)) throw prohibit(`The table system.${name}`)
}

/** With such a name the syntax tree's text does not show what stands where. */
async function refuseOddNames(sql: string, session: StoreSession): Promise<void> {
  if (/[`"]/.test(sql) && hasOddName((await formatOf(sql, session)) ?? '')) throw prohibit('A name with a line break')
}

/** Names before `AS (SELECT …)`: the syntax tree does not show them. */
function namesOfWith(formatted: string): Set<string> {
  const tokens = tokensOf(formatted).map(({ text }) => text)
  const isName = (_text: string, at: number): boolean => tokens[at + 1] === 'AS' && tokens[at + 2] === '('
  return new Set(tokens.filter(isName).map((text) => text.replaceAll('`', '')))
}

function readsOnlySettings(nodes: readonly AstNode[], database: ReadableDatabase): boolean {
  const settings = database === 'system' ? /^(system\.)?settings$/i : /^system\.settings$/i
  const tables = nodes.filter(({ kind, parent }) => kind === 'TableIdentifier' || (kind === 'Function' && parent === 'TableExpression'))
  return tables.length > 0 && tables.every(({ name }) => settings.test(name))
}

/** The words in all literals, those of lists too. */
const wordsOf = (nodes: readonly AstNode[]): string[] =>
  nodes.filter(({ kind }) => kind === 'Literal').flatMap(({ name }) => [...name.matchAll(/'(\w+)'/g)].map((match) => match[1]!))

async function classify(sql: string, session: StoreSession): Promise<void> {
  const { statementCount, queryClass, hasSecrets } = await session.classify(sql)
  if (statementCount === 0) throw await syntaxError(sql, session)
  if (statementCount > 1) throw prohibit('More than one statement')
  if (queryClass !== READ_ONLY_CLASS) throw refuse('ACCESS_DENIED', 'Only statements that read are allowed with these credentials')
  if (hasSecrets) throw prohibit('A statement with credentials in it')
}

/** The engine's own words about a text that it cannot parse: the text is only handed to it as a string. */
async function syntaxError(sql: string, session: StoreSession): Promise<Error> {
  try {
    await session.query(`SELECT formatQuerySingleLine(${stringLiteral(sql)})`, 'Null')
  } catch (error) {
    const text = messageOf(error)
    const limit = tooMuch(text)
    if (limit) return limit
    return fromEngine(text.replace(/: In scope SELECT formatQuerySingleLine.*(?=\. \(SYNTAX_ERROR\))/s, ''))
  }
  return refuse('SYNTAX_ERROR', 'Syntax error: the statement cannot be read')
}

async function nodesOf(sql: string, session: StoreSession): Promise<AstNode[]> {
  const nodes = parseAst(await explain(sql, session))
  if (nodes.length > MAX_NODES) throw refuse('TOO_BIG_AST', `The statement has more than ${MAX_NODES} parts. ${ADVICE}`)
  return nodes
}

async function explain(sql: string, session: StoreSession): Promise<string> {
  try {
    const { bytes } = await session.query(`EXPLAIN AST ${sql}`, 'TSVRaw')
    return Buffer.from(bytes).toString('utf8')
  } catch (error) {
    throw tooMuch(messageOf(error)) ?? error
  }
}

/** The engine's limits of depth and size, without its advice to raise settings that a client cannot, and without the statement around it. */
function tooMuch(text: string): Error | undefined {
  const name = /\b(TOO_DEEP_AST|TOO_DEEP_RECURSION|TOO_BIG_AST)\b/.exec(text)?.[1]
  if (name === 'TOO_BIG_AST') return refuse(name, `The statement has more than ${MAX_NODES} parts. ${ADVICE}`)
  if (name === 'TOO_DEEP_AST' || name === 'TOO_DEEP_RECURSION') return refuse(name, `The statement is nested too deeply. ${ADVICE}`)
  return undefined
}

/** @throws ClickhouseError 73 */
export function knownFormat(name: string): string {
  const format = formatNamed(name)
  if (format === undefined) throw refuse('UNKNOWN_FORMAT', `Unknown format ${name}`)
  return format
}

const knownOrNone = (name: string | undefined): string | undefined => (name === undefined ? undefined : knownFormat(name))

/** FORMAT hangs on the statement itself, beside the list of its selects. */
const isFormat = (node: AstNode): boolean => node.kind === 'Identifier' && node.depth <= 1

function judgeTable(name: string): void {
  const dot = name.indexOf('.')
  const database = name.slice(0, Math.max(dot, 0)).toLowerCase()
  const table = name.slice(dot + 1)
  if (/[/:*'"`\\]/.test(name)) throw prohibit(`The table ${name}`)
  if (dot < 0 || database === DATABASE) return
  if (READABLE[database]?.has(table.toLowerCase())) return
  throw prohibit(`The table ${name}`)
}
