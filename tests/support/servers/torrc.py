"""Configuration of the nodes of a private Tor network."""

COMMON = """\
TestingTorNetwork 1
Nickname {name}
DataDirectory {dir}
ControlPort 127.0.0.1:{control}
CookieAuthentication 1
Log notice file {dir}/notice.log
SafeLogging 0
ShutdownWaitLength 0
AvoidDiskWrites 1
NumCPUs 1
PathsNeededToBuildCircuits 0.67
TestingClientMaxIntervalWithoutRequest 1
TestingDirConnectionMaxStall 15
GeoIPFile /dev/null
GeoIPv6File /dev/null
"""
# Clients choose exits by a summary without private addresses, so the policy is
# broad; OutboundBindAddressExit is what keeps exits on loopback. All peers have
# one address: what defends relays against many of those would hit everyone.
RELAY = """\
Address 127.0.0.1
ORPort 127.0.0.1:{orport} IPv4Only
AssumeReachable 1
SocksPort 0
ContactInfo test@invalid
ExitRelay 1
IPv6Exit 0
ExitPolicyRejectPrivate 0
ExitPolicyRejectLocalInterfaces 0
ExitPolicy accept *:*
OutboundBindAddressExit 127.0.0.1
ServerDNSDetectHijacking 0
ServerDNSAllowBrokenConfig 1
ServerDNSTestAddresses
ServerDNSSearchDomains 0
ServerDNSResolvConfFile {root}/resolv.conf
DoSCircuitCreationEnabled 0
DoSConnectionEnabled 0
DoSStreamCreationEnabled 0
DoSRefuseSingleHopClientRendezvous 0
"""
AUTHORITY = """\
DirPort 127.0.0.1:{dirport} IPv4Only
AuthoritativeDirectory 1
V3AuthoritativeDirectory 1
AuthDirMaxServersPerAddr 0
AuthDirTestReachability 0
AuthDirPinKeys 0
V3AuthVotingInterval {interval}
V3AuthVoteDelay {delay}
V3AuthDistDelay {delay}
V3AuthNIntervalsValid 20
TestingV3AuthInitialVotingInterval {interval}
TestingV3AuthInitialVoteDelay {delay}
TestingV3AuthInitialDistDelay {delay}
TestingV3AuthVotingStartOffset {offset}
TestingAuthDirTimeToLearnReachability 0
TestingMinExitFlagThreshold 0
TestingDirAuthVoteExit *
TestingDirAuthVoteGuard *
TestingDirAuthVoteHSDir *
MinUptimeHidServDirectoryV2 0
ConsensusParams cc_alg=2 circwindow=1000
"""
CLIENT = """\
DirCache 0
FetchUselessDescriptors 0
ClientRejectInternalAddresses 0
ClientDNSRejectInternalAddresses 0
LearnCircuitBuildTimeout 0
CircuitBuildTimeout 20
NumEntryGuards 2
FetchDirInfoEarly 1
FetchDirInfoExtraEarly 1
"""
SOCKS = """\
SocksPort 127.0.0.1:{socks} ExtendedErrors IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth
ClientOnly 1
"""
