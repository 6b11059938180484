resource "tencentcloud_vpc" "old" {
  name       = "old"
  cidr_block = "10.0.0.0/16"
}
resource "tencentcloud_subnet" "old" {
  name              = "s"
  vpc_id            = tencentcloud_vpc.old.id
  availability_zone = "ap-guangzhou-3"
  cidr_block        = "10.0.1.0/24"
}
