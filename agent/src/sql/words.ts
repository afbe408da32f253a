/** What words of a statement mean for the literals around them. Only words that matter are examined. */
import type { Dialect } from './dialect.ts'
import { FRAME, KIND } from './shape-writer.ts'

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '))

const STRING_PREFIXES = set('b bx br e g n r rb u x')
export const isStringPrefix = (prefix: string): boolean => STRING_PREFIXES.has(prefix)
/** `_utf8mb4'…'` of MySQL. */
export const isCharacterSet = (prefix: string): boolean => prefix.length > 1 && prefix.startsWith('_')

const BEFORE_SIGN = set(
  'ALL AND BETWEEN BY CASE DEFAULT DISTINCT ELSE FETCH FROM HAVING IN INTERVAL IS LIKE LIMIT NOT OFFSET ON OR RETURN RETURNING SELECT SET SIMILAR THEN TO TOP USING VALUE VALUES WHEN WHERE XOR',
)
/** Whether a sign after this word belongs to the literal that follows. */
export const isSignPosition = (word: string): boolean => word.length <= 9 && BEFORE_SIGN.has(word.toUpperCase())

/** Whether a sign after a token of this kind belongs to what follows it. */
export function isPrefixPlace(last: number): boolean {
  return last === KIND.none || last === KIND.operator || last === KIND.open || last === KIND.comma || last === KIND.semicolon
}

const BEFORE_NAME = set('AS COLUMN CONSTRAINT EXISTS FROM INDEX INTO JOIN REFERENCES TABLE TRIGGER UPDATE VIEW')

/** First words of SQL statements. A text of an unknown system that starts differently is not SQL. */
const SQL_VERBS = set(
  'ALTER ANALYZE BEGIN CALL COMMIT COPY CREATE DECLARE DELETE DESCRIBE DROP EXEC EXECUTE EXPLAIN FETCH GRANT INSERT LOCK MERGE OPEN PRAGMA RELEASE REPLACE REVOKE ROLLBACK SAVEPOINT SELECT SHOW START TRUNCATE UPDATE UPSERT USE VACUUM VALUES WITH',
)
/** Statements that may hold a password without quotes, or one that looks like a name. */
const ACCOUNT_VERBS = set('ALTER ATTACH BACKUP CHANGE CONN CONNECT CREATE DECLARE EXEC EXECUTE GRANT OPEN PRAGMA RESTORE SET START UNLOAD')
/** Commands of clients that are followed by a name and a password. */
const LOG_ON_VERBS = set('CONN CONNECT LOGON')
const NO_ACCOUNT = set('AGGREGATE FUNCTION INDEX MATERIALIZED PROCEDURE TABLE TRIGGER TYPE VIEW')
const SECRET_WORDS = set('AUTHENTICATED AUTHORIZATION CREDENTIAL CREDENTIALS HEXKEY IDENTIFIED KEY PASSWORD REKEY SECRET TEXTKEY TOKEN')
/** `SET app.user_token = abc`: values need no quotes. */
const SECRET_NAME = /PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIAL|(?:API|ACCESS|PRIVATE|MASTER|ENCRYPTION)_?KEY|(?:^|_)(?:JWT|PWD?|TOKEN)$/
/** What may follow a procedure or an argument of EXEC and is no value. */
const NO_ARGUMENT = set(
  'AS AT BEGIN DEFAULT DELETE ELSE END EXEC EXECUTE FROM GO IF IMMEDIATE INSERT INTO NULL OUT OUTPUT RETURN SELECT SET UPDATE USING WITH',
)
const OBJECT_WORDS = 5

/** Tracks how the current statement of a text began. */
export class StatementWords {
  #sqlOnly = false
  #hasFormats = false
  #verb = ''
  #count = 0
  #isAccount = false
  /** FORMAT was read: the next word ends the statement, and data follows. */
  #isFormat = false
  #hasBareArguments = false
  #isFirstStatement = true
  /** What of an EXEC was read: nothing of one, the verb, the procedure. */
  #call: 'none' | 'verb' | 'procedure' = 'none'

  reset({ sqlOnly, formats, bareArguments }: Dialect): void {
    this.#sqlOnly = sqlOnly
    this.#hasFormats = formats
    this.#hasBareArguments = bareArguments
    this.#isFirstStatement = true
    this.#count = 0
    this.nextStatement()
  }

  /** After a semicolon. */
  nextStatement(): void {
    if (this.#count > 0) this.#isFirstStatement = false
    this.#verb = ''
    this.#count = 0
    this.#isAccount = this.#isFormat = false
    this.#call = 'none'
  }

  /** `before` is the {@link KIND} of the previous token. `foreign`: this is not SQL. `cut`: what follows the word must not be shown. */
  verdict(sql: string, start: number, end: number, before: number): 'shown' | 'literal' | 'cut' | 'foreign' {
    const count = this.#count++
    if (count === 0) return this.#begins(sql.slice(start, end).toUpperCase())
    if (end - start === 10 && /^identified$/i.test(sql.slice(start, end))) return 'cut'
    if (this.#call !== 'none' && this.#isArgument(sql, start, end, before)) return 'literal'
    if (this.#isAccount) return this.#accountWord(sql.slice(start, end).toUpperCase(), count)
    if (this.#verb === 'COPY' || this.#verb === 'INSERT') return this.#dataWord(sql.slice(start, end).toUpperCase(), before === KIND.word)
    return 'shown'
  }

  /** How the brackets after this word are folded. */
  frameAfter(sql: string, start: number, end: number): number {
    const length = end - start
    if (length !== 2 && length !== 3 && length !== 5 && length !== 6) return FRAME.plain
    const word = sql.slice(start, end).toUpperCase()
    if (word === 'IN') return FRAME.list
    return word === 'VALUES' || word === 'VALUE' || (word === 'ROW' && this.#verb !== 'SELECT') ? FRAME.row : FRAME.plain
  }

  precedesName(sql: string, start: number, end: number): boolean {
    return end - start <= 10 && BEFORE_NAME.has(sql.slice(start, end).toUpperCase())
  }

  #begins(verb: string): 'shown' | 'cut' | 'foreign' {
    if (this.#sqlOnly && this.#isFirstStatement && !SQL_VERBS.has(verb)) return 'foreign'
    this.#verb = verb
    this.#isAccount = ACCOUNT_VERBS.has(verb)
    if (this.#hasBareArguments && (verb === 'EXEC' || verb === 'EXECUTE')) this.#call = 'verb'
    return LOG_ON_VERBS.has(verb) ? 'cut' : 'shown'
  }

  /** `EXEC sp_addlogin anna, hunter2` and `@password = hunter2`: whether the word is a value without quotes. */
  #isArgument(sql: string, start: number, end: number, before: number): boolean {
    if (sql[start - 1] === '@' || before === KIND.dot) return false
    const isPlace = before === KIND.comma || before === KIND.operator || before === KIND.word || before === KIND.name
    if (!isPlace || NO_ARGUMENT.has(sql.slice(start, end).toUpperCase())) {
      this.#call = isPlace && before !== KIND.word ? this.#call : 'none'
      return false
    }
    const isProcedure = this.#call === 'verb'
    this.#call = 'procedure'
    return !isProcedure
  }

  #accountWord(word: string, count: number): 'shown' | 'cut' {
    if (count < OBJECT_WORDS && NO_ACCOUNT.has(word)) this.#isAccount = false
    return this.#isAccount && (SECRET_WORDS.has(word) || SECRET_NAME.test(word)) ? 'cut' : 'shown'
  }

  /** Data follows COPY … FROM STDIN and ClickHouse's INSERT … FORMAT name. */
  #dataWord(word: string, isAfterWord: boolean): 'shown' | 'cut' {
    if (this.#isFormat && isAfterWord) return 'cut'
    this.#isFormat = this.#hasFormats && this.#verb === 'INSERT' && word === 'FORMAT'
    return this.#verb === 'COPY' && word === 'STDIN' ? 'cut' : 'shown'
  }
}
