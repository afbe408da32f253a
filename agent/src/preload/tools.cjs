'use strict'
// Programs that run beside an application, not as one. NODE_OPTIONS reaches them all, and recording them buries the application.

const PACKAGE_MANAGERS = `npm npx yarn pnpm @pnpm/exe pnpx corepack cnpm ni @antfu/ni npm-check-updates node-gyp node-gyp-build @yarnpkg/cli
  @yarnpkg/cli-dist lerna nx turbo @microsoft/rush wireit husky lint-staged lefthook patch-package degit plop yo create-vite`
const STARTERS = `npm-run-all npm-run-all2 concurrently cross-env cross-env-shell dotenv-cli @dotenvx/dotenvx env-cmd nodemon wait-on
  start-server-and-test tsx pm2 node-dev ts-node-dev onchange chokidar-cli execa zx rimraf shx del-cli cpy-cli`
const COMPILERS = `typescript @typescript/native-preview vue-tsc svelte-check @babel/cli @babel/node @swc/cli esbuild rollup rolldown vite
  webpack webpack-cli @rspack/cli @rsbuild/core parcel tsup tsdown unbuild @vercel/ncc pkg @yao-pkg/pkg sass less postcss-cli tailwindcss
  @tailwindcss/cli @angular/cli @nestjs/cli @vue/cli-service gulp gulp-cli grunt grunt-cli typedoc jsdoc @microsoft/api-extractor terser
  uglify-js jest-worker tinypool`
const TEST_RUNNERS = `vitest @vitest/runner jest jest-cli mocha ava tap @tapjs/run tape uvu jasmine karma borp c8 nyc @playwright/test playwright
  playwright-core cypress @wdio/cli @cucumber/cucumber nightwatch testcafe @stryker-mutator/core @web/test-runner autocannon artillery clinic 0x`
const LINTERS = `eslint eslint_d prettier @biomejs/biome oxlint oxfmt standard xo tslint stylelint knip depcheck madge dependency-cruiser
  typescript-language-server @volar/vue-language-server svelte-language-server cspell markdownlint-cli publint @arethetypeswrong/cli
  @commitlint/cli commitizen semantic-release release-it @changesets/cli`
const GENERATORS = `prisma drizzle-kit typeorm sequelize-cli knex db-migrate node-pg-migrate @graphql-codegen/cli openapi-typescript`

/** Packages whose programs are tools. */
exports.TOOL_PACKAGES = new Set([PACKAGE_MANAGERS, STARTERS, COMPILERS, TEST_RUNNERS, LINTERS, GENERATORS].join(' ').split(/\s+/))

/** Package managers and runners installed outside any node_modules: corepack's cache, a system's package, .yarn/releases. */
exports.TOOL_FILES = /^(npm|npm-cli|npx|npx-cli|yarn|yarnpkg|yarn-[\d.]+|pnpm|pnpx|corepack|node-gyp)(\.[cm]?js)?$/

/** Programs of a tool's package that do run the application in their own process. */
exports.APPLICATION_FILES = /[\\/]pm2[\\/]lib[\\/]ProcessContainer(Fork|Bun|ForkBun)?\.js$/

/** What npm runs while it installs or packs. */
exports.INSTALL_EVENTS = /^(pre|post)?(install|prepare|pack|publish|uninstall|version)$|^prepublishOnly$|^dependencies$/
