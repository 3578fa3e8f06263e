export {
  type StorageEmulator,
  type StorageEmulatorOptions,
  startStorageEmulator,
} from './start-storage-emulator.ts'
