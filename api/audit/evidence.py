"""The route of an upgrade's evidence."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

from litestar import Response

from astrolabe.api.audit.trail import last_checkpoint
from astrolabe.api.http import documentation as doc
from astrolabe.api.http.parameters import UpgradeId
from astrolabe.api.http.problems import ApiProblem
from astrolabe.api.http.references import find_upgrade
from astrolabe.api.http.resources import AuthenticatedRequest, resources_of
from astrolabe.api.http.route import get
from astrolabe.api.upgrades.operation import belongs
from astrolabe.domain.audit.evidence import make_evidence
from astrolabe.store.streams.instances import Loaded

MEDIA_TYPE = "application/zip"


@get(
    "/upgrades/{upgrade_id:str}/evidence",
    summary="Take an upgrade's evidence away",
    tag="audit",
    scope="read",
    trail=True,
    answers={200: doc.answer(bytes, "The archive", MEDIA_TYPE)},
    problems=("upgrade-unknown", "no-checkpoint", "evidence-not-ready"),
)
async def show_evidence(request: AuthenticatedRequest, upgrade_id: UpgradeId) -> Response[bytes]:
    """Return one archive with the upgrade's events, their proofs, the checkpoint, the plan, notes and hashes.

    It holds what the last checkpoint covers of the upgrade; `astrolabe audit verify` accepts it.
    """
    resources = resources_of(request)
    loaded = await find_upgrade(request, upgrade_id)
    last = await last_checkpoint(resources)
    positions = _positions(loaded, upgrade_id, last.size)
    if not positions:
        raise ApiProblem("evidence-not-ready", "No checkpoint covers this upgrade yet; ask again in some seconds.")
    leaves = [leaf for at in positions async for leaf, _ in resources.tree.leaves(at, at + 1)]
    proofs = {at: await resources.tree.inclusion(at, last.size) for at in positions}
    archive = _packed(make_evidence(upgrade_id, leaves, proofs, last.size, last.note.encode()))
    headers = {"Content-Disposition": f'attachment; filename="upgrade-{upgrade_id}.zip"', "Cache-Control": "no-store"}
    return Response(archive, media_type=MEDIA_TYPE, headers=headers)


def _positions(loaded: Loaded, upgrade_id: str, size: int) -> list[int]:
    """Return the places of the instance's events from the upgrade's first to its last: what lies between may matter."""
    covered = [each for each in loaded.history if each.position is not None and each.position < size]
    mine = [at for at, each in enumerate(covered) if belongs(each, upgrade_id)]
    return [each.position for each in covered[mine[0] : mine[-1] + 1] if each.position is not None] if mine else []


def _packed(members: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packing:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            packing.writestr(info, content)
    return archive.getvalue()


ROUTES = (show_evidence,)
