export { testAnchors, testWrapping } from './test-keys.ts'
