moved {
  from = module.net.tencentcloud_vpc.main
  to   = tencentcloud_vpc.gone
}
moved {
  from = module.net.tencentcloud_subnet.main
  to   = tencentcloud_subnet.gone
}
