export { makeDatabase, makeDatabaseLayout } from './database.ts';
export type { DebianPackage } from './debian.ts';
export { type Registry, startRegistry } from './docker-registry.ts';
export { type Entry, type Layer, layerOf } from './layer.ts';
export { type Image, type Layout, type Platform, writeLayout } from './layout.ts';
export { type Pushed, pushImage } from './push.ts';
export type { PythonPackage, ShopImage } from './shop-image.ts';
export { AMD64, ARM64, makeShopImage, shopPackages } from './shop-image.ts';
