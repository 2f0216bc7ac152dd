# SPDX-FileCopyrightText: 2026 The Utarg authors
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Everything a role may do in a database, read from PostgreSQL's catalogues, one line a right."""
import json
import os
import subprocess

# Whoever is not the owner of an object and may do something with it or a part of it. What is there without an entry
# (an ACL of null) has PostgreSQL's own defaults, which acldefault tells.
RIGHTS = """
WITH acls (kind, object, acl, owner) AS (
    SELECT 'database', 'this', coalesce(datacl, acldefault('d', datdba)), datdba
    FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT 'schema', nspname, coalesce(nspacl, acldefault('n', nspowner)), nspowner
    FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' ELSE 'table' END,
        n.nspname || '.' || c.relname,
        coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner)), c.relowner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'column', n.nspname || '.' || c.relname || '.' || a.attname, a.attacl, c.relowner
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attacl IS NOT NULL AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT CASE p.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END,
        n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
        coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    UNION ALL
    SELECT 'language', lanname, coalesce(lanacl, acldefault('l', lanowner)), lanowner
    FROM pg_language WHERE lanpltrusted AND lanname NOT IN ('internal', 'c', 'sql')
    UNION ALL
    SELECT 'by default', CASE d.defaclobjtype WHEN 'r' THEN 'table' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'function'
            WHEN 'T' THEN 'type' ELSE 'schema' END, d.defaclacl, d.defaclrole
    FROM pg_default_acl d
    UNION ALL
    -- Without an entry a new function could be called by everybody.
    SELECT 'by default', 'function', acldefault('f', datdba), datdba
    FROM pg_database WHERE datname = current_database()
        AND NOT EXISTS (SELECT FROM pg_default_acl WHERE defaclobjtype = 'f' AND defaclnamespace = 0)
)
SELECT concat_ws(' ', CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, kind, object,
    string_agg(a.privilege_type || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ',' ORDER BY a.privilege_type))
FROM acls CROSS JOIN LATERAL aclexplode(acl) a
WHERE a.grantee <> owner
GROUP BY a.grantee, kind, object
"""

# What a role is, which settings it has, who is a member of it; the owner by her name only.
ROLES = """
SELECT concat_ws(' ', rolname, 'role', CASE WHEN rolcanlogin THEN 'LOGIN' END, CASE WHEN rolsuper THEN 'SUPERUSER' END,
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END)
FROM pg_roles WHERE rolname !~ '^pg_'
UNION ALL
SELECT concat_ws(' ', setrole::regrole, 'setting', s.value)
FROM pg_db_role_setting CROSS JOIN LATERAL unnest(setconfig) AS s (value) WHERE setrole <> 0
UNION ALL
SELECT concat_ws(' ', m.member::regrole, 'member', m.roleid::regrole)
FROM pg_auth_members m WHERE m.member::regrole::text !~ '^pg_'
"""

# Policies, and functions with what they run as and with which search_path.
CODE = """
SELECT concat_ws(' ', role, 'policy', schemaname || '.' || tablename, policyname, permissive, cmd, 'USING', qual,
    'WITH CHECK ' || with_check)
FROM pg_policies CROSS JOIN LATERAL unnest(roles) AS r (role)
UNION ALL
SELECT concat_ws(' ', 'function', n.nspname || '.' || p.proname, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
    array_to_string(p.proconfig, ' '))
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
UNION ALL
SELECT concat_ws(' ', 'table', n.nspname || '.' || c.relname, 'row level security',
    CASE WHEN c.relforcerowsecurity THEN 'forced' END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relrowsecurity
"""
EVERYTHING = "\nUNION ALL\n".join((RIGHTS, ROLES, CODE))


def psql(stack, role, text, database="utarg", options="", password_file=None):
    """psql as one of the roles, with her own password: (exit code, output, complaint)."""
    directory = json.loads((stack.data / "state.json").read_text())["socket_directory"]
    password_file = password_file or stack.data / "secrets" / f"{role}.pgpass"
    quoted = role.replace("\\", "\\\\").replace("'", "\\'")
    where = f"host={directory} port=5432 dbname={database} user='{quoted}' passfile={password_file} options='{options}'"
    done = subprocess.run(
        ["psql", "-X", "-At", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", where, "-c", text],
        capture_output=True, text=True, errors="replace", timeout=60, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
    )
    return done.returncode, done.stdout.strip(), done.stderr


def ask(stack, role, text, **how):
    code, out, err = psql(stack, role, text, **how)
    assert code == 0, err
    return out


def everything(stack, database="utarg"):
    return sorted(ask(stack, "utarg_owner", EVERYTHING, database=database).splitlines())
