/** The plan of MySQL and MariaDB in lines, from its rows: for each table how it is read. */
import { normaliseSql } from '../sql/normalise.ts'

type Row = Readonly<Record<string, string | number | null>>

/** In the order in which they are shown, as MySQL names them. */
const COLUMNS = ['possible_keys', 'key', 'key_len', 'ref', 'rows', 'filtered']

/** `SIMPLE orders  type=ALL rows=1000  Using where`. */
export function mysqlPlan(answer: unknown): string {
  return (answer as readonly Row[]).map(lineOf).join('\n')
}

function lineOf(row: Row): string {
  const known = (name: string): string => String(row[name] ?? '')
  const columns = ['type', ...COLUMNS].flatMap((name) => (known(name) === '' ? [] : [`${name}=${known(name)}`]))
  const head = [known('select_type'), known('table')].filter(Boolean).join(' ')
  return [head, columns.join(' '), normaliseSql(known('Extra'), 'mysql')].filter(Boolean).join('  ')
}
