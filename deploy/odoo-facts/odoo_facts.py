"""Tells what a version of Odoo finds in a database, as one line of JSON. It changes nothing.

Run it in the old image and in the new one against the same database (a copy restored today is as good),
once for each database; the lines of one image go into one file:

    TILLGATE_IMAGE=sha256:... odoo shell -d shop --no-http --log-level=warn < odoo_facts.py >> new.jsonl

Give it the configuration of the workload too (--config, --workers, --max-cron-threads, --db_maxconn), and let it ask the
database server of production, as the role of production: what it tells of connections is counted there.

The gate `migration-readiness` judges the two files. TILLGATE_IMAGE is the digest of the image that it runs in.
"""

import hashlib
import json
import os
import sys
from datetime import datetime, timezone

import odoo.release
from odoo.modules import module as odoo_module
from odoo.tools import config


def manifest_of(name):
    """The manifest of a module in this image; None where the image does not have it."""
    try:
        return dict(odoo_module.get_manifest(name)) or None
    except Exception as error:
        print("%s: no manifest: %s" % (name, error), file=sys.stderr)
        return None


def data_digest(name, manifest):
    """Digest over the files that only an update loads: views, access rules, records."""
    folder = odoo_module.get_module_path(name)
    whole = hashlib.sha256()
    for entry in manifest.get("data", []):
        whole.update(entry.encode() + b"\0")
        with open(os.path.join(folder, entry), "rb") as file:
            whole.update(hashlib.sha256(file.read()).digest())
    return "sha256:" + whole.hexdigest()


def modules():
    """Every installed module: the version in the database, that of the image, and what its data files are."""
    told = {}
    for each in env["ir.module.module"].sudo().search([("state", "not in", ("uninstalled", "uninstallable"))]):
        manifest = manifest_of(each.name)
        told[each.name] = {
            "state": each.state,
            "database": each.latest_version or None,
            "image": manifest and manifest.get("version"),
            "data": manifest and data_digest(each.name, manifest),
        }
    return told


def bundles(installed):
    """Checksums of all asset bundles: those in their addresses, over which two versions fight, and one of the content."""
    names = {record.bundle for record in env["ir.asset"].sudo().search([])}
    for name in installed:
        names.update((manifest_of(name) or {}).get("assets", {}))
    told = {}
    for name in sorted(names):
        try:
            bundle = env["ir.qweb"].sudo()._get_asset_bundle(name)
        except ValueError:
            told[name] = "only within others"  # Odoo cannot put it together alone, so it is never served alone
            continue
        checksums = [bundle.get_checksum(kind)[:16] for kind in ("css", "js")]
        told[name] = ".".join([*checksums, content_digest(bundle)[:16]])
    return told


def content_digest(bundle):
    """Odoo's own checksums know files by the time of their last change alone; this one is over what is in them."""
    whole = hashlib.sha256()
    for asset in bundle.stylesheets + bundle.javascripts + bundle.templates:
        if asset._filename:
            with open(asset._filename, "rb") as file:
                content = file.read()
        elif asset.inline:
            content = asset.inline.encode()
        else:
            # Made by people in this database, or not there at all: the same for both versions then.
            content = (env["ir.attachment"].sudo()._get_serve_attachment(asset.url).checksum or asset.url).encode()
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()


def missing_columns():
    """Stored fields of this version that the database has no column for: this code does not work on these data."""
    env.cr.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    there = set(env.cr.fetchall())
    tables = {table for table, _ in there}
    told = []
    for model in env.registry.models.values():
        if model._abstract or not model._auto:
            continue
        if model._table not in tables:
            told.append(model._table)
            continue
        for field in model._fields.values():
            if field.store and field.column_type and (model._table, field.name) not in there:
                told.append("%s.%s" % (model._table, field.name))
    return sorted(set(told))


def connections():
    """What a pod of these settings may open, and what the database server has for all of them."""
    env.cr.execute(
        """SELECT current_setting('max_connections')::int,
                  current_setting('superuser_reserved_connections')::int
                  + coalesce(current_setting('reserved_connections', true)::int, 0),
                  (SELECT count(*) FROM pg_stat_activity
                    WHERE backend_type = 'client backend' AND usename IS DISTINCT FROM current_user),
                  (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
                  (SELECT datconnlimit FROM pg_database WHERE datname = current_database())"""
    )
    most, reserved, others, of_role, of_database = env.cr.fetchone()
    return {
        "workers": config["workers"],
        "cronThreads": config["max_cron_threads"],
        # The process for websockets may have a limit of its own; the larger one holds for all.
        "perProcess": max(config["db_maxconn"], config.get("db_maxconn_gevent") or 0),
        "most": most,
        "reserved": reserved,
        "others": others,
        # PostgreSQL says -1 where there is none.
        "limit": min((limit for limit in (of_role, of_database) if limit >= 0), default=None),
    }


def facts():
    installed = modules()
    return {
        "schema": "https://tillgate.dev/odoo-facts/v1",
        "image": os.environ.get("TILLGATE_IMAGE", ""),
        "database": env.cr.dbname,
        "uuid": env["ir.config_parameter"].sudo().get_param("database.uuid"),
        "observedAt": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "odoo": odoo.release.version,
        "modules": installed,
        "assets": bundles(installed),
        "missingColumns": missing_columns(),
        "connections": connections(),
    }


try:
    print(json.dumps(facts(), sort_keys=True), flush=True)
finally:
    env.cr.rollback()
