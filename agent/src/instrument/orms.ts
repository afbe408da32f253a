/** The lines that Sequelize and TypeORM are called at. Their statements are recorded where the driver is, behind a pool and many functions. */
import { type Methods, noteCallSites } from './call-sites.ts'
import { fail } from './errors.ts'
import type { Instrumentation, ModulePatch } from './instrumentation.ts'

type Class = Methods & { readonly prototype: Methods }

const common = {
  by: 'module hook',
  records: 'call sites of the statements of its driver',
  kinds: [],
  forms: ['esm', 'cjs', 'tsx'],
} as const

const words = (text: string): readonly string[] => text.split(' ')

const MODEL = words(
  'aggregate bulkCreate count create decrement destroy drop findAll findAndCountAll findByPk findCreateFind findOne findOrBuild findOrCreate increment max min restore sum sync truncate update upsert',
)
const INSTANCE = words('decrement destroy increment reload restore save update')

export const sequelize: Instrumentation = {
  ...common,
  name: 'sequelize',
  package: 'sequelize',
  versions: ['6.0.0', '7.0.0'],
  attach: () => [
    {
      file: /^lib\/model\.js$/,
      apply(model: Class) {
        expectMethod('sequelize', model, 'findAll')
        noteCallSites(model, MODEL)
        noteCallSites(model.prototype, INSTANCE)
      },
    },
    { file: /^lib\/sequelize\.js$/, apply: ({ prototype }: Class) => noteCallSites(prototype, ['query', 'sync', 'drop', 'truncate']) },
  ],
}

const RESULTS = words(
  'execute getCount getExists getMany getManyAndCount getOne getOneOrFail getRawAndEntities getRawMany getRawOne getRawOneOrFail stream',
)
const MANAGER = words(
  'average clear count countBy decrement delete deleteAll exists existsBy find findAndCount findAndCountBy findBy findOne findOneBy findOneByOrFail findOneOrFail increment insert maximum minimum query recover reload remove restore save softDelete softRemove sql sum update updateAll upsert',
)

export const typeorm: Instrumentation = {
  ...common,
  name: 'typeorm',
  package: 'typeorm',
  versions: ['0.3.0', '2.0.0'],
  attach: () => [
    typeOrmPatch('data-source/DataSource', 'DataSource', ['query', 'sql']),
    typeOrmPatch('entity-manager/EntityManager', 'EntityManager', MANAGER),
    typeOrmPatch('repository/Repository', 'Repository', MANAGER),
    {
      file: /^repository\/BaseEntity\.js$/,
      apply({ BaseEntity }: { readonly BaseEntity: Class }) {
        noteCallSites(BaseEntity, MANAGER)
        noteCallSites(BaseEntity.prototype, MANAGER)
      },
    },
    typeOrmPatch('query-builder/SelectQueryBuilder', 'SelectQueryBuilder', RESULTS),
    typeOrmPatch('query-builder/QueryBuilder', 'QueryBuilder', ['execute']),
    ...['Insert', 'Update', 'Delete', 'SoftDelete'].map((kind) =>
      typeOrmPatch(`query-builder/${kind}QueryBuilder`, `${kind}QueryBuilder`, ['execute']),
    ),
  ],
}

function typeOrmPatch(file: string, name: string, methods: readonly string[]): ModulePatch {
  return {
    file: new RegExp(String.raw`^${file}\.js$`),
    apply(library: Readonly<Record<string, Class>>) {
      const { [name]: patched } = library
      if (!patched) throw fail('SPY_AGENT_LIBRARY', ['typeorm', name])
      noteCallSites(patched.prototype, methods)
    },
  }
}

function expectMethod(library: string, owner: Methods, name: string): void {
  if (typeof owner[name] !== 'function') throw fail('SPY_AGENT_LIBRARY', [library, name])
}
