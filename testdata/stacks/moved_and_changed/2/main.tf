resource "tencentcloud_vpc" "new" {
  name       = "new"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "new" {
  name              = "s"
  vpc_id            = tencentcloud_vpc.new.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
}
moved {
  from = tencentcloud_vpc.old
  to   = tencentcloud_vpc.new
}
moved {
  from = tencentcloud_subnet.old
  to   = tencentcloud_subnet.new
}
