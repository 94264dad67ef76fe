"""The OpenAPI 3.1 description of the TAXII server, which it serves and is tested by."""

from __future__ import annotations

from typing import Any

from hydrometer.intelligence.taxii.media_types import MEDIA_TYPE

Json = dict[str, Any]

STAMP: Json = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"}
TEXT: Json = {"type": "string"}
COUNT: Json = {"type": "integer", "minimum": 0}
PAGED: Json = {"more": {"type": "boolean"}, "next": TEXT}

SCHEMAS: dict[str, Json] = {
    "Discovery": {
        "required": ["title"],
        "properties": {"title": TEXT, "default": TEXT, "api_roots": {"type": "array", "items": TEXT}},
    },
    "ApiRoot": {
        "required": ["title", "versions", "max_content_length"],
        "properties": {"title": TEXT, "versions": {"type": "array", "items": TEXT}, "max_content_length": COUNT},
    },
    "Collection": {
        "required": ["id", "title", "can_read", "can_write"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "title": TEXT,
            "description": TEXT,
            "alias": TEXT,
            "can_read": {"type": "boolean"},
            "can_write": {"type": "boolean"},
            "media_types": {"type": "array", "items": TEXT},
        },
    },
    "Collections": {
        "properties": {"collections": {"type": "array", "items": {"$ref": "#/components/schemas/Collection"}}}
    },
    "Envelope": {"properties": {**PAGED, "objects": {"type": "array", "items": {"type": "object"}}}},
    "Manifest": {
        "properties": {
            **PAGED,
            "objects": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "date_added", "version"],
                    "properties": {"id": TEXT, "date_added": STAMP, "version": STAMP, "media_type": TEXT},
                },
            },
        }
    },
    "Versions": {"properties": {**PAGED, "versions": {"type": "array", "items": STAMP}}},
    "Detail": {"required": ["id", "version"], "properties": {"id": TEXT, "version": TEXT, "message": TEXT}},
    "Status": {
        "required": ["id", "status", "total_count", "success_count", "failure_count", "pending_count"],
        "properties": {
            "id": TEXT,
            "status": {"enum": ["complete", "pending"]},
            "request_timestamp": STAMP,
            **{f"{name}_count": COUNT for name in ("total", "success", "failure", "pending")},
            **{
                name: {"type": "array", "items": {"$ref": "#/components/schemas/Detail"}}
                for name in ("successes", "failures")
            },
        },
    },
    "Nothing": {"maxProperties": 0},
    "Error": {
        "required": ["title"],
        "properties": {"title": TEXT, "description": TEXT, "http_status": {"type": "string", "pattern": "^[45]"}},
    },
}


def describe_api(title: str, most_bytes: int) -> Json:
    """Describe the server of this title, which takes bodies of so many bytes."""
    one = "/api/collections/{collection}/"
    lists, of_one = (
        ("added_after", "limit", "next", "id", "type", "version", "spec_version"),
        ("version", "spec_version"),
    )
    paged = ("added_after", "limit", "next")
    post = _describe_operation("add", "Add objects", "Status", codes=(403, 408, 413, 415, 422), status="202")
    post["requestBody"] = {
        "required": True,
        "description": f"At most {most_bytes} bytes.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Envelope"}}},
    }
    paths: dict[str, Json] = {
        "/taxii2/": {"get": _describe_operation("discovery", "Which API roots there are", "Discovery")},
        "/api/": {"get": _describe_operation("root", "What the API root takes", "ApiRoot")},
        "/api/status/{status}/": {"get": _describe_operation("status", "What became of a request", "Status")},
        "/api/collections/": {"get": _describe_operation("collections", "The client's collections", "Collections")},
        one: {"get": _describe_operation("collection", "A collection", "Collection")},
        f"{one}manifest/": {
            "get": _describe_operation("manifest", "Which objects there are", "Manifest", lists, (403,))
        },
        f"{one}objects/": {"get": _describe_operation("objects", "Objects", "Envelope", lists, (403,)), "post": post},
        f"{one}objects/{{object_id}}/": {
            "get": _describe_operation("object", "An object", "Envelope", (*paged, *of_one), (403,)),
            "delete": _describe_operation(
                "remove", "Remove an object that this client added", "Nothing", of_one, (403,)
            ),
        },
        f"{one}objects/{{object_id}}/versions/": {
            "get": _describe_operation(
                "versions", "The versions of an object", "Versions", (*paged, "spec_version"), (403,)
            )
        },
    }
    for path, operations in paths.items():
        names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
        if names:
            operations["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
                for name in names
            ]
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "2.1", "description": "TAXII 2.1 (OASIS Standard, 10 June 2021)."},
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "schemas": {name: {"type": "object", **schema} for name, schema in SCHEMAS.items()},
        },
    }


def _describe_operation(
    name: str,
    summary: str,
    schema: str,
    filters: tuple[str, ...] = (),
    codes: tuple[int, ...] = (),
    status: str = "200",
) -> Json:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Error"}}}
    answer: Json = {
        "description": summary,
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    if "added_after" in filters:
        answer["headers"] = {
            f"X-TAXII-Date-Added-{end}": {"schema": STAMP, "description": f"When the {end.lower()} of them was added."}
            for end in ("First", "Last")
        }
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [_describe_parameter(one) for one in filters],
        "responses": {
            status: answer,
            **{
                str(code): {"description": "Error", "content": content}
                for code in sorted({400, 401, 404, 405, 406, 503, *codes})
            },
        },
    }


def _describe_parameter(name: str) -> Json:
    values = {"type": "string", "pattern": "^[a-z0-9-]+(,[a-z0-9-]+){0,99}$"}
    schemas: dict[str, Json] = {
        "added_after": STAMP,
        "limit": {"type": "integer", "minimum": 1},
        "next": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,44}$"},
        "id": values,
        "type": values,
        "version": {"type": "string", "pattern": f"^(first|last|all|{STAMP['pattern'][1:-1]})$"},
        "spec_version": {"type": "string", "pattern": r"^2\.[01](,2\.[01])?$"},
    }
    field = name if name in ("added_after", "limit", "next") else f"match[{name}]"
    return {"name": field, "in": "query", "schema": schemas[name]}
