// What GitHub's web host answers in place of the usual: the faults that are its own, too.
import type { StandInContext } from "../context.ts";
import { serverErrorMessage, unicornPage } from "../fault-responses.ts";
import type { Fault } from "../faults.ts";
import { tooManyRequests } from "./responses.ts";

const htmlType = "text/html; charset=utf-8";
const jsonType = "application/json; charset=utf-8";

/** @returns null for a fault that only the API has, and for one of the delivery, which spoils the usual response */
export async function webFaultResponse(c: StandInContext, fault: Fault): Promise<Response | null> {
  switch (fault.kind) {
    case "server_error": {
      if (fault.delayMs !== undefined) c.set("deliveryFault", { kind: "slow_head", delayMs: fault.delayMs });
      const { status, body } = fault;
      const text = body === "json" ? JSON.stringify({ message: serverErrorMessage(status) }) : unicornPage(status);
      return new Response(text, { status, headers: { "content-type": body === "unicorn_html" ? htmlType : jsonType } });
    }
    case "primary_limit":
    case "secondary_limit":
    case "anonymous_limit":
      return tooManyRequests(c);
    case "redirect":
      return new Response("", { status: fault.status, headers: { location: fault.location } });
    case "body":
      return new Response(fault.body, {
        status: fault.status,
        headers: { "content-type": jsonType, ...fault.headers },
      });
    case "bad_credentials":
    case "suspended":
    case "forbidden":
    case "legally_blocked":
    case "resource_not_accessible":
    case "ip_allow_list":
    case "lockout":
    case "graphql_error":
    case "gone":
      return null;
    default:
      c.set("deliveryFault", fault);
      return null;
  }
}
