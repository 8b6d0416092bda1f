import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.elasticmq.StrictSQSLimits$;
import org.elasticmq.actor.QueueManagerActor;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import org.elasticmq.util.NowProvider;
import scala.Option;

/**
 * Starts ElasticMQ on 127.0.0.1 and on any free port, says which port that is, and ends when standard input does.
 *
 * Arguments: the file of the tests' clock, which holds how many seconds it is ahead of the machine's, the region and
 * the account.
 */
public class ElasticMq {
    public static void main(String[] arguments) throws Exception {
        var clock = Path.of(arguments[0]);
        var system = ActorSystem.create("elasticmq");
        var queues = Props.create(QueueManagerActor.class,
                () -> new QueueManagerActor(new MovedTime(clock), StrictSQSLimits$.MODULE$, Option.empty()));
        var server = SQSRestServerBuilder.withActorSystem(system)
                .withQueueManagerActor(system.actorOf(queues))
                .withInterface("127.0.0.1")
                .withDynamicPort()
                .withAWSRegion(arguments[1])
                .withAWSAccountId(arguments[2])
                .start();
        System.out.println("listening on " + server.waitUntilStarted().localAddress().getPort());
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }

    /** The machine's time plus the offset in a file. */
    static class MovedTime extends NowProvider {
        private final Path offset;

        MovedTime(Path offset) {
            this.offset = offset;
        }

        @Override
        public long nowMillis() {
            return System.currentTimeMillis() + ahead();
        }

        @Override
        public java.time.OffsetDateTime now() {
            return super.now().plusNanos(ahead() * 1_000_000);
        }

        private long ahead() {
            try {
                var bytes = ByteBuffer.wrap(Files.readAllBytes(offset)).order(ByteOrder.LITTLE_ENDIAN);
                return (long) (bytes.getDouble() * 1000);
            } catch (IOException notMovedYet) {
                return 0;
            }
        }
    }
}
