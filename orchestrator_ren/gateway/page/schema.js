/** From the JSON schema of a command to the fields of a form, and from those to parameters. */

const UNIT = /\s*\[([^\]]+)\]/;

/** Returns the fields of a form, in the order of the schema. */
export function fieldsOf(schema) {
  const required = schema.required || [];
  return Object.entries(schema.properties || {}).map(([name, property]) =>
    fieldOf(name, resolved(schema, property), required.includes(name)),
  );
}

/** Returns what is filled in before anybody has: the defaults. */
export function defaultOf({ kind, preset }) {
  if (kind === 'boolean') return preset === true;
  if (preset === undefined || preset === null) return '';
  return kind === 'json' ? JSON.stringify(preset) : String(preset);
}

/** Returns `{params, errors}`: what to send, and what cannot be sent, by field. */
export function paramsOf(fields, values) {
  const params = {};
  const errors = {};
  for (const field of fields) {
    const given = values[field.name] ?? defaultOf(field);
    if (field.kind !== 'boolean' && given.trim() === '') {
      if (field.isRequired) errors[field.name] = 'is missing';
      continue;
    }
    const value = valueOf(field, given);
    if (value === undefined) errors[field.name] = WRONG[field.kind];
    else params[field.name] = value;
  }
  return { params, errors };
}

/** Returns the limits of a field in words; empty = none. */
export function limitsOf({ min, max, isAbove, isBelow }) {
  const least = min === undefined ? '' : `${isAbove ? 'above' : 'from'} ${min}`;
  const most = max === undefined ? '' : `${isBelow ? 'below' : 'to'} ${max}`;
  return [least, most].filter(Boolean).join(' ');
}

const WRONG = { number: 'is no number', integer: 'is no whole number', json: 'is no JSON' };

function fieldOf(name, property, isRequired) {
  const description = property.description || '';
  return {
    name,
    isRequired,
    kind: kindOf(property),
    options: optionsOf(property),
    unit: UNIT.exec(description)?.[1] || '',
    help: description.replace(UNIT, ''),
    min: property.minimum ?? property.exclusiveMinimum,
    max: property.maximum ?? property.exclusiveMaximum,
    isAbove: property.exclusiveMinimum !== undefined,
    isBelow: property.exclusiveMaximum !== undefined,
    preset: property.default,
  };
}

function kindOf(property) {
  if (optionsOf(property)) return 'enum';
  const known = { number: 'number', integer: 'integer', boolean: 'boolean', string: 'text' };
  return known[property.type] || 'json';
}

function optionsOf(property) {
  return property.enum || (property.const === undefined ? undefined : [property.const]);
}

/** Returns a property with what it refers to; of alternatives the first that is not null. */
function resolved(schema, property) {
  const { $ref, allOf, anyOf, ...rest } = property;
  if ($ref) {
    const found = $ref
      .slice(2)
      .split('/')
      .reduce((at, key) => at?.[key], schema);
    return resolved(schema, { ...found, ...rest });
  }
  if (allOf?.length === 1) return resolved(schema, { ...allOf[0], ...rest });
  const real = anyOf?.filter((each) => each.type !== 'null') || [];
  return real.length === 1 ? resolved(schema, { ...real[0], ...rest }) : property;
}

function valueOf({ kind, options }, given) {
  if (kind === 'boolean' || kind === 'text') return given;
  if (kind === 'enum') return options.find((each) => String(each) === given);
  if (kind === 'json') return parsed(given);
  const number = Number(given);
  const isWrong = !Number.isFinite(number) || (kind === 'integer' && !Number.isInteger(number));
  return isWrong ? undefined : number;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
