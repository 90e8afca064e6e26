// What the stand-in for a program tries with sockets and namespaces. Each answers with words for
// people; a failure is named as errno.h does.
#pragma once

#include <string>

std::string dial(int port);              // a listener on 127.0.0.1
std::string talk_to_itself(int family);  // over a loopback: "heard", or what failed
std::string sockets_of_other_kinds();    // those that could be made, each with a space behind it
std::string pairs_by_kind();             // "stream seqpacket ": kinds of pairs that could be made
std::string tell_another(const std::string& path);  // by a datagram: "sent", or what failed
std::string echo_one(int port);                     // listens there, gives back one line; "echoed"
std::string interfaces();                           // of its network, likewise
std::string leave_namespaces();                     // what came of trying to, "EPERM EPERM"

// Asks recrank's stub, as `how` says, and gives back what came: "get", "post", "chunked"; and as a
// hostile one would: "half", "endless_head", "long_body", "no_http", "pipeline", "hang_up", "many".
// Listens at `port` of the loopback for ever; answers the k-th request with k and ends its
// connection.
[[noreturn]] void answer_posts(int port);

std::string ask_stub(int port, const std::string& how);
