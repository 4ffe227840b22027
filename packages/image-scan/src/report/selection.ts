import type { Token } from 'stream-json/core/parser.js';

/**
 * What to keep of a JSON document: a scalar, a whole subtree, some members of an object, or the elements of
 * a list. Whatever is not named is read and forgotten.
 */
export type Shape = 'scalar' | 'tree' | MembersOf | ListOf;
interface MembersOf {
  members: Readonly<Record<string, Shape>>;
}
interface ListOf {
  each: Shape;
  /** Takes each element as soon as it is complete, with what is known so far of the object that holds the list. */
  take?(element: unknown, holder: Kept): void;
}
/** An object with the members that were kept; it has no prototype, so no member can stand for an inherited one. */
export type Kept = Record<string, unknown>;

/** Deeper nesting than this is no report but an attack on its reader. */
const MAX_DEPTH = 64;

/** A container that is open, and what of it is kept. */
interface Open {
  shape: Shape;
  kept: Kept | unknown[];
  key: string;
}

/** Builds what a shape names out of a stream of JSON tokens. A value of another type than its shape is dropped. */
export class Selection {
  readonly #shape: Shape;
  readonly #open: Open[] = [];
  #top: Open | undefined;
  /** Containers below the last kept one that are read and forgotten. */
  #skipped = 0;
  #whole: unknown;
  #complete = false;

  constructor(shape: Shape) {
    this.#shape = shape;
  }

  take(token: Token): void {
    switch (token.name) {
      case 'startObject':
      case 'startArray':
        this.#begin(token.name === 'startObject');
        break;
      case 'endObject':
      case 'endArray':
        this.#end();
        break;
      case 'keyValue':
        if (this.#skipped === 0 && this.#top) this.#top.key = token.value;
        break;
      case 'numberValue':
        this.#scalar(token.value, true);
        break;
      case 'stringValue':
      case 'nullValue':
      case 'trueValue':
      case 'falseValue':
        this.#scalar(token.value);
        break;
    }
  }

  /** @throws Error when the document ended before its value was complete */
  result(): unknown {
    if (!this.#complete) throw new Error('it ends in the middle');
    return this.#whole;
  }

  #begin(isObject: boolean): void {
    const shape = this.#skipped > 0 ? undefined : this.#shapeHere();
    const fits = shape === 'tree' || (typeof shape === 'object' && 'members' in shape === isObject);
    if (this.#skipped > 0 || !fits) {
      this.#skipped += 1;
      if (this.#skipped > MAX_DEPTH) throw new Error(`values are nested deeper than ${MAX_DEPTH}`);
      return;
    }
    if (this.#open.length >= MAX_DEPTH) throw new Error(`values are nested deeper than ${MAX_DEPTH}`);
    this.#top = { shape, kept: isObject ? Object.create(null) : [], key: '' };
    this.#open.push(this.#top);
  }

  #end(): void {
    if (this.#skipped > 0) {
      this.#skipped -= 1;
      if (this.#open.length === 0 && this.#skipped === 0) this.#complete = true;
      return;
    }
    const ended = this.#open.pop();
    this.#top = this.#open.at(-1);
    if (ended) this.#put(ended.kept);
  }

  #scalar(value: unknown, isNumber = false): void {
    if (this.#skipped > 0) return;
    const shape = this.#shapeHere();
    if (shape === 'scalar' || shape === 'tree') this.#put(isNumber ? Number(value) : value);
    else if (this.#open.length === 0) this.#complete = true;
  }

  /** The shape of the value that begins now, in the container that is open. */
  #shapeHere(): Shape | undefined {
    const top = this.#top;
    if (!top) return this.#shape;
    if (top.shape === 'tree') return 'tree';
    if (typeof top.shape !== 'object') return undefined;
    if ('each' in top.shape) return top.shape.each;
    return Object.hasOwn(top.shape.members, top.key) ? top.shape.members[top.key] : undefined;
  }

  #put(value: unknown): void {
    const top = this.#top;
    if (!top) {
      this.#whole = value;
      this.#complete = true;
    } else if (!Array.isArray(top.kept)) {
      top.kept[top.key] = value;
    } else if (typeof top.shape === 'object' && 'each' in top.shape && top.shape.take) {
      const holder = this.#open.at(-2)?.kept;
      top.shape.take(value, holder && !Array.isArray(holder) ? holder : Object.create(null));
    } else {
      top.kept.push(value);
    }
  }
}
