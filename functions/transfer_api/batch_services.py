"""The services of the batch routes. Apart, since a cold start is faster without."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payouts import batch_wiring
from payouts.runtime import aws
from payouts.services.batch_files import BatchFiles
from payouts.services.change_batch import BatchChanger
from payouts.services.create_batch import BatchCreator
from payouts.services.drive_batches import BatchDriver
from payouts.services.repay_batch import BatchRepayer
from payouts.services.result_file import ResultLinks
from payouts.store.repayments import RepaymentStore
from payouts.store.submitted_lists import SubmittedLists
from payouts.wiring import Deployment
from transfer_api.batch_listing import BatchLists


@dataclass(frozen=True, slots=True)
class BatchServices:
    """The use cases of the batch routes."""

    creator: BatchCreator
    changer: BatchChanger
    files: BatchFiles
    repayer: BatchRepayer
    results: ResultLinks
    lists: BatchLists
    driver: BatchDriver


def build(environment: Mapping[str, str], deployed: Deployment, clock: Callable[[], float]) -> BatchServices:
    """Build them. Raises ConfigurationError naming a bad or missing variable."""
    shared = batch_wiring.build_batches(environment, deployed, clock)
    required = shared.settings.approvals_required
    return BatchServices(
        creator=BatchCreator(shared.store, shared.chunks, clock),
        changer=BatchChanger(
            shared.store, shared.chunks, shared.limits, SubmittedLists(deployed.table), required, clock
        ),
        files=BatchFiles(aws.s3_for_browsers, shared.settings.bucket, clock),
        repayer=shared.repayer,
        results=ResultLinks(aws.s3_for_browsers, shared.settings.bucket, clock),
        lists=BatchLists(shared.store, shared.chunks, deployed.store, RepaymentStore(deployed.table)),
        driver=shared.driver,
    )
