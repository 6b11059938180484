module "net" {
  source = "./m"
}
moved {
  from = tencentcloud_vpc.new
  to   = module.net.tencentcloud_vpc.main
}
moved {
  from = tencentcloud_subnet.new
  to   = module.net.tencentcloud_subnet.main
}
